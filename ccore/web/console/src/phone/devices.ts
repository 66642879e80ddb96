/** Microphones and loudspeakers: which there are, which one somebody wants, and how loud they speak. */
import { onScopeDispose, reactive, ref, watch, type Ref } from "vue";

const PLACE = "ccore.devices";
const LOOK_EVERY_MS = 80;

export interface Choice {
  microphone: string;
  speaker: string;
  ringer: string;
}
const ANY: Choice = { microphone: "", speaker: "", ringer: "" };

function kept(): Choice {
  try {
    return { ...ANY, ...(JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Choice>) };
  } catch {
    return ANY; // storage is forbidden: the browser's own choice
  }
}

/** An empty name is the browser's own choice. */
export const chosen = reactive<Choice>({ ...kept() });
watch(chosen, () => {
  try {
    localStorage.setItem(PLACE, JSON.stringify(chosen));
  } catch {
    // Storage is forbidden: it holds for this tab.
  }
});

/** Ask for the microphone once, so that no call waits for the question. False: it is forbidden, or there is none. */
export async function allowed(): Promise<boolean> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    return true;
  } catch {
    return false;
  }
}

/** The devices there are, kept up to date. */
export function useDevices(): Ref<MediaDeviceInfo[]> {
  const found = ref<MediaDeviceInfo[]>([]);
  const look = async (): Promise<void> => {
    found.value = await navigator.mediaDevices.enumerateDevices();
  };
  navigator.mediaDevices.addEventListener("devicechange", look);
  onScopeDispose(() => navigator.mediaDevices.removeEventListener("devicechange", look));
  void look();
  return found;
}

/** How loud the microphone is, 0 to 1, while `on`. */
export function useLevel(on: Ref<boolean>): Ref<number> {
  const level = ref(0);
  let stop: () => void = () => undefined;
  watch(
    () => [on.value, chosen.microphone] as const,
    async ([wanted, microphone]) => {
      stop();
      level.value = 0;
      if (wanted) stop = await measure(microphone, (loud) => (level.value = loud)).catch(() => () => undefined);
    },
    { immediate: true },
  );
  onScopeDispose(() => stop());
  return level;
}

async function measure(microphone: string, told: (level: number) => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: microphone ? { deviceId: { ideal: microphone } } : true,
  });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = window.setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
    told(loudness(power));
  }, LOOK_EVERY_MS);
  return () => {
    window.clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    void context.close();
  };
}

/** Of a mean square: -60 dB is nothing, 0 dB is all. */
export function loudness(power: number): number {
  return power <= 0 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(power) / 6));
}
