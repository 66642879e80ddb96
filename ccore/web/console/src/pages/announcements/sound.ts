/** Any sound a browser can read, or what is spoken into a microphone, as a WAV file for callers. */
import { RATE_HZ, wav } from "./wav";

/** Throws if it is no sound that this browser knows. */
export async function asWav(sound: Blob): Promise<{ file: Blob; seconds: number }> {
  const context = new OfflineAudioContext(1, 1, RATE_HZ);
  const read = await context.decodeAudioData(await sound.arrayBuffer());
  const whole = new OfflineAudioContext(1, Math.max(1, Math.ceil(read.duration * RATE_HZ)), RATE_HZ);
  const source = whole.createBufferSource();
  source.buffer = read;
  source.connect(whole.destination);
  source.start();
  const mixed = await whole.startRendering();
  return { file: new Blob([wav(mixed.getChannelData(0), RATE_HZ)], { type: "audio/wav" }), seconds: mixed.duration };
}

export interface Recording {
  stop: () => Promise<Blob>;
}

/** Begin to record; throws if there is no microphone, or it may not be used. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  recorder.start();
  return {
    stop: () =>
      new Promise((resolve) => {
        recorder.addEventListener("stop", () => {
          stream.getTracks().forEach((track) => track.stop());
          resolve(new Blob(pieces, { type: recorder.mimeType }));
        });
        recorder.stop();
      }),
  };
}
