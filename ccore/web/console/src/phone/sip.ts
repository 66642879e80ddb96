/** SIP and sound of one phone, by JsSIP: a chunk of its own, loaded when a seat is taken. */
import JsSIP from "jssip";
import type { PeerConnectionEvent, RTCSession } from "jssip/lib/RTCSession";
import type { IncomingRTCSessionEvent } from "jssip/lib/UA";
import { counted, type Counts } from "./quality";

export interface Registration {
  uri: string;
  ws_path: string;
  user: string;
  password: string;
  ice_servers: { urls: string[]; username?: string | null; credential?: string | null }[];
}

/** What is told of it. `closed`: the server has ended the socket for this reason. */
export interface Told {
  registered: () => void;
  lost: () => void;
  closed: (code: number) => void;
  refused: () => void;
  invited: (id: string, call: string, auto: boolean) => void;
  confirmed: () => void;
  ended: (id: string, cause: string) => void;
  notAnswered: () => void;
  sound: (well: boolean) => void;
}

export interface Line {
  answer: (microphone: string) => void;
  refuse: () => void;
  hangUp: () => void;
  mute: (on: boolean) => void;
  key: (key: string) => void;
  mendSound: () => void;
  /** Another microphone, in the middle of a call. */
  speakInto: (microphone: string) => Promise<void>;
  renew: (password: string) => void;
  counts: () => Promise<Counts | null>;
  stop: () => void;
}

const EXPIRES_S = 120;
const RECOVERY_S = [1, 5] as const; // between two tries to connect
const GATHERING_MS = 300; // a call is not kept waiting for candidates of networks that do not answer
const RELAY_MS = 1_500; // but for that of a TURN server, which takes several messages, maybe over TLS
const OURS = [4401, 4403, 4409]; // codes of ccore's: see ccore/web/sipws.py
const BUSY = 486;

/** Be this phone, and play calls to `far`. */
export function connect(registration: Registration, far: HTMLAudioElement, told: Told): Line {
  const address = new URL(registration.ws_path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new JsSIP.WebSocketInterface(address.href);
  const ua = new JsSIP.UA({
    sockets: [socket],
    uri: registration.uri,
    authorization_user: registration.user,
    password: registration.password,
    contact_uri: `sip:${registration.user}@browser.invalid;transport=ws`,
    register_expires: EXPIRES_S,
    connection_recovery_min_interval: RECOVERY_S[0],
    connection_recovery_max_interval: RECOVERY_S[1],
    user_agent: "ccore",
  });
  const relay: Relay = { expected: registration.ice_servers.some(({ urls }) => urls.some((url) => url.startsWith("turn"))) };
  let session: RTCSession | null = null;
  let waiting: RTCSession | null = null; // that nobody has decided on yet

  /** JsSIP waits for the end of a call before it stops, and would connect anew: that takes the phone from who has it now. */
  function stop(): void {
    socket.connect = () => undefined;
    ua.stop();
  }

  ua.on("registered", told.registered);
  ua.on("disconnected", ({ code }) => {
    if (code !== undefined && OURS.includes(code)) {
      stop();
      told.closed(code);
    } else {
      told.lost();
    }
  });
  ua.on("registrationFailed", ({ response }) => (response ? told.refused() : told.lost()));
  ua.on("newRTCSession", ({ session: fresh, originator, request }: IncomingRTCSessionEvent) => {
    if (originator !== "remote") return;
    waiting = fresh;
    follow(fresh, told, relay);
    const auto = /alert-autoanswer/.test(request.getHeader("Alert-Info") ?? "");
    const busy = session !== null;
    if (!busy) session = fresh;
    fresh.on("ended", forget(fresh));
    fresh.on("failed", forget(fresh));
    fresh.on("peerconnection", ({ peerconnection }: PeerConnectionEvent) => listen(peerconnection, far, told));
    told.invited(fresh.id, request.getHeader("X-Ccore-Call") ?? "", auto);
    waiting = null;
  });
  ua.start();

  const forget = (gone: RTCSession) => () => {
    if (session === gone) session = null;
  };

  return {
    answer: (microphone) =>
      session?.answer({
        mediaConstraints: { audio: heard(microphone), video: false },
        pcConfig: { iceServers: servers(registration) },
      }),
    refuse: () => waiting?.terminate({ status_code: BUSY }),
    hangUp: () => session?.terminate(session.isEstablished() ? {} : { status_code: BUSY }),
    mute: (on) => (on ? session?.mute({ audio: true }) : session?.unmute({ audio: true })),
    key: (key) => session?.sendDTMF(key, { transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833, duration: 120 }),
    mendSound: () => session?.renegotiate({ rtcOfferConstraints: { iceRestart: true } }),
    speakInto: async (microphone) => {
      const sender = session?.connection?.getSenders().find(({ track }) => track?.kind === "audio");
      if (!sender) return;
      const stream = await navigator.mediaDevices.getUserMedia({ audio: heard(microphone) });
      const before = sender.track;
      const [track] = stream.getAudioTracks();
      if (track && before) track.enabled = before.enabled;
      await sender.replaceTrack(track ?? null);
      before?.stop();
    },
    renew: (password) => {
      ua.set("password", password);
      if (ua.isConnected() && !ua.isRegistered()) ua.register();
    },
    counts: async () => {
      const report = await session?.connection?.getStats();
      return report ? counted(report.values() as Iterable<Record<string, unknown>>, Date.now()) : null;
    },
    stop,
  };
}

/** Whether a TURN server is there: one that was not is waited for no more. */
interface Relay {
  expected: boolean;
}

function follow(session: RTCSession, told: Told, relay: Relay): void {
  let gathering = 0;
  let relayed = false;
  session.on("icecandidate", ({ candidate, ready }) => {
    relayed ||= candidate.type === "relay";
    const waits = relay.expected && !relayed;
    window.clearTimeout(gathering);
    gathering = window.setTimeout(
      () => {
        relay.expected &&= relayed;
        ready();
      },
      waits ? RELAY_MS : GATHERING_MS,
    );
  });
  session.on("confirmed", told.confirmed);
  session.on("ended", ({ cause }) => told.ended(session.id, cause));
  session.on("failed", ({ cause }) => told.ended(session.id, cause));
  session.on("getusermediafailed", told.notAnswered);
}

function listen(connection: RTCPeerConnection, far: HTMLAudioElement, told: Told): void {
  connection.addEventListener("track", ({ track, streams }) => {
    far.srcObject = streams[0] ?? new MediaStream([track]);
    void far.play().catch(() => undefined); // it plays as soon as somebody touches the page
  });
  connection.addEventListener("iceconnectionstatechange", () => {
    const state = connection.iceConnectionState;
    if (state === "connected" || state === "completed") told.sound(true);
    else if (state === "failed" || state === "disconnected") told.sound(false);
  });
}

/** A voice, without echo, noise and its loudness all the same, from the microphone that is wanted or any other. */
function heard(microphone: string): MediaTrackConstraints {
  const clean = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return microphone ? { ...clean, deviceId: { ideal: microphone } } : clean;
}

function servers({ ice_servers: known }: Registration): RTCIceServer[] {
  return known.map(({ urls, username, credential }) =>
    username && credential ? { urls, username, credential } : { urls },
  );
}
