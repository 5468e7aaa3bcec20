// Colours for Python, a token at a time. It only has to be right about what a reader looks for.

const KEYWORDS = new Set(("and as assert async await break class continue def del elif else except finally for from global if import in is " +
  "lambda nonlocal not or pass raise return try while with yield True False None").split(" "));
const GIVEN = new Set(["templates", "BOUNDS", "clicks", "history", "slots"]);
const TOKEN = new RegExp([
  /(?<comment>#[^\n]*)/, /(?<string>[rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  /(?<number>\b\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?\b)/, /(?<name>[A-Za-z_]\w*)/, /(?<rest>[\s\S])/,
].map((part) => part.source).join("|"), "g");

/** Lines of [text, class] pairs; classes: comment, string, number, keyword, skill, given, define, or "". */
export function lines(source, skills) {
  const out = [[]];
  const put = (text, kind) => {
    text.split("\n").forEach((part, index) => {
      if (index) out.push([]);
      if (!part) return;
      const line = out[out.length - 1];
      const last = line[line.length - 1];
      if (last && last[1] === kind) last[0] += part;
      else line.push([part, kind]);
    });
  };
  let before = "";
  for (const { groups } of source.matchAll(TOKEN)) {
    if (groups.name) {
      const kind = KEYWORDS.has(groups.name) ? "keyword" : before === "def" || before === "class" ? "define"
        : skills.has(groups.name) ? "skill" :
        GIVEN.has(groups.name) ? "given" : "";
      put(groups.name, kind);
      before = groups.name;
    } else {
      const [kind, text] = Object.entries(groups).find(([, found]) => found !== undefined);
      put(text, kind === "rest" ? "" : kind);
      if (text.trim()) before = "";
    }
  }
  return out;
}
