export default {
  title: "提示音",
  name: "名称",
  zh: "中文",
  en: "英文",
  find: "查找",
  findHint: "名称或内容",
  empty: "没有符合条件的提示音",
  seconds: "{seconds} 秒",
  sound: { built: "已录制", changed: "文字已改，录音未更新", tone: "以提示音代替", none: "没有录音" },
};
