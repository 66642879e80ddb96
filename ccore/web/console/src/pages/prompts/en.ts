export default {
  title: "Prompts",
  name: "Name",
  zh: "Chinese",
  en: "English",
  find: "Find",
  findHint: "Name or words",
  empty: "No prompt is like that",
  seconds: "{seconds} s",
  sound: { built: "built", changed: "changed since it was built", tone: "a tone is heard", none: "no sound" },
};
