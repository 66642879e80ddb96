export default { title: "您无权查看此页面", hint: "如果您的工作需要它，请联系管理员。", home: "回到首页" };
