export default { title: "没有这个页面", hint: "地址有误，或页面已经移走。", home: "回到首页" };
