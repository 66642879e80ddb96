import vue from "eslint-plugin-vue";
import { configs, config, parser } from "typescript-eslint";

export default config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  ...configs.recommended,
  ...vue.configs["flat/essential"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser } },
    rules: {
      "no-undef": "off", // vue-tsc knows better
      "vue/multi-word-component-names": "off",
      "vue/no-v-html": "error", // what people have written is never markup
      "vue/no-bare-strings-in-template": ["error", { allowlist: ["·", "—", "/", ":", "?", "+", "¥", "%", "→", "(", ")"] }],
      "vue/html-button-has-type": "error",
    },
  },
  { rules: { "no-restricted-syntax": ["error", { selector: "MemberExpression[property.name=/^(inner|outer)HTML$/]", message: "Text is put in as text." }] } },
);
