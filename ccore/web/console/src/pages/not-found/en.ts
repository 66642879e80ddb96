export default { title: "There is no such page", hint: "The address is wrong, or the page has moved.", home: "To the first page" };
