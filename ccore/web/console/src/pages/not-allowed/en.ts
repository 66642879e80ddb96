export default { title: "This page is not for you", hint: "If you need it for your work, ask an administrator.", home: "To the first page" };
