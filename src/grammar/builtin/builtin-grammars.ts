const JSON_RULES = String.raw`
value ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" gap (member ("," gap member)*)? "}"
member ::= string gap ":" gap value gap
array ::= "[" gap (value gap ("," gap value gap)*)? "]"
string ::= "\"" (plain | escape)* "\""
plain ::= [^"\\\x00-\x1F\x7F]
escape ::= "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
number ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})? ([eE] [+-]? [0-9]{1,3})?
# bounded, so that a model cannot go on with blanks for ever
gap ::= "\n"? [ \t]{0,32}
`;

const GRAMMARS = {
  json: `root ::= object\n${JSON_RULES}`,
  json_arr: `root ::= array\n${JSON_RULES}`,
  list: String.raw`
# one item to a line
root ::= line+
line ::= "- " [^\r\n\x0B\x0C\x85\u2028\u2029]+ "\n"
`,
  arithmetic: String.raw`
# lines such as: (x + 2) * 7 = 21
root ::= (sum gap "=" gap sum "\n")+
sum ::= product (gap [+-] gap product)*
product ::= factor (gap [*/] gap factor)*
factor ::= name | number | "(" gap sum gap ")"
name ::= [a-z] [a-z0-9_]*
number ::= "-"? [0-9]+
gap ::= [ \t]?
`,
  chess: String.raw`
# numbered moves in algebraic notation, one pair to a line
root ::= line+
line ::= [1-9] [0-9]{0,2} ". " move (" " move)? "\n"
move ::= (castling | pawn | piece) [+#]?
castling ::= "O-O" "-O"?
piece ::= [KQRBN] [a-h]? [1-8]? "x"? square
pawn ::= ([a-h] "x")? square ("=" [QRBN])?
square ::= [a-h] [1-8]
`,
  japanese: String.raw`
# sentences of kana, kanji, full-width signs and digits
root ::= sentence (break? sentence)* break?
sentence ::= word+ ([、・] word+)* ending?
word ::= hiragana | katakana | kanji | digit | quotation
quotation ::= "「" (hiragana | katakana | kanji | digit | [、。])+ "」"
ending ::= [。！？]
hiragana ::= [ぁ-ゖゝゞ]
katakana ::= [ァ-ヺーヽヾ]
kanji ::= [一-鿿々〆]
digit ::= [0-9０-９]
break ::= "\n"{1,2} | "　"
`,
  english: String.raw`
# text in the letters, digits and signs of English
root ::= [A-Za-z0-9"'(\[] text*
text ::= [A-Za-z0-9 \n.,;:!?'"()\[\]/%&$#@*+=-] | [–—‘’“”…£€°é]
`,
  c: String.raw`
# a small part of C: functions of declarations, assignments, calls and control flow
root ::= (function | (declaration ";" line))+
function ::= type " " "*"? name "(" parameters? ")" gap block line
parameters ::= parameter (", " parameter)*
parameter ::= type " " "*"? name ("[]")?
block ::= "{" line (indent statement line)* indent "}"
statement ::= conditional | loop | counted | "return" (" " expression)? ";" | declaration ";" | effect ";" | comment
conditional ::= "if (" expression ")" gap block (gap "else" gap block)?
loop ::= "while (" expression ")" gap block
counted ::= "for (" (declaration | effect)? "; " expression? "; " effect? ")" gap block
declaration ::= type " " "*"? name ("[" number "]")? (" = " expression)?
effect ::= place (" " [*/%+-]? "= " expression | "++" | "--") | call
place ::= name ("[" expression "]")*
call ::= name "(" (expression (", " expression)*)? ")"
expression ::= operand (" " operator " " operand)*
operator ::= "==" | "!=" | "<=" | ">=" | "<" | ">" | "&&" | "||" | [*/%+-]
operand ::= [!-]? (call | place | number | string | character | "(" expression ")")
type ::= "const "? ("int" | "char" | "float" | "double" | "long" | "void")
name ::= [a-zA-Z_] [a-zA-Z0-9_]{0,63}
number ::= [0-9]+ ("." [0-9]+)?
string ::= "\"" ([^"\\\n\r] | "\\" ["\\nrt0])* "\""
character ::= "'" ([^'\\\n\r] | "\\" ['\\nrt0]) "'"
comment ::= "//" [^\n\r]* | "/*" ([^*] | "*"+ [^*/])* "*"+ "/"
indent ::= [ \t]{0,32}
line ::= "\n"{0,2}
gap ::= " "?
`,
} as const;

/** A grammar that comes with the package. */
export type BuiltinGrammarName = keyof typeof GRAMMARS;

/** The names of the grammars that come with the package. */
export const BUILTIN_GRAMMAR_NAMES = Object.keys(GRAMMARS) as BuiltinGrammarName[];

/** The GBNF text of a grammar that comes with the package; its root rule is `root`. */
export function builtinGrammar(name: BuiltinGrammarName): string {
  return GRAMMARS[name].trimStart();
}
