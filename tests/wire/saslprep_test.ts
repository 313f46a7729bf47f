import { assertEquals, assertThrows } from "@std/assert";
import { saslprep } from "../../src/wire/saslprep.ts";
import { test } from "../support/test.ts";

/** RFC 4013 §3, with what stays as it is. */
const EXAMPLES: readonly (readonly [what: string, text: string, prepared: string])[] = [
  ["a soft hyphen goes", "I\u00adX", "IX"],
  ["nothing changes", "user", "user"],
  ["upper case stays", "USER", "USER"],
  ["a compatibility character takes its form NFKC", "\u00aa", "a"],
  ["and matches the first example", "\u2168", "IX"],
  ["blanks and signs stay", " p@ss=word,\\~ ", " p@ss=word,\\~ "],
  ["nothing stays nothing", "", ""],
  ["other spaces become blanks", "a\u00a0b\u2003c\u3000d\u200be", "a b c d e"],
  ["what is not seen goes", "\ufeffa\u200db\u2060c\ufe0fd\u180be", "abcde"],
  ["a composed and a decomposed letter are one", "Ame\u0301lie", "Am\u00e9lie"],
  ["Hebrew with a digit inside is one direction", "\u05d0\u05d11\u05d2", "\u05d0\u05d11\u05d2"],
  ["what came after Unicode 3.2 is let in", "\u{1f511}", "\u{1f511}"],
];

for (const [what, text, prepared] of EXAMPLES) {
  test(`saslprep: ${what}`, () => assertEquals(saslprep(text), prepared));
}

/** RFC 4013 §2.3 and §2.4, a text for each table of RFC 3454. */
const REFUSED: readonly (readonly [what: string, text: string, reason: string])[] = [
  ["ASCII control characters, C.2.1", "\u0007", "a control character"],
  ["NUL", "pass\0word", "a control character"],
  ["DEL", "pass\u007fword", "a control character"],
  ["other control characters, C.2.2", "pass\u0085word", "a control character"],
  ["line separators, C.2.2", "pass\u2028word", "only formats or tags"],
  ["private use, C.3", "pass\ue000word", "a private-use character"],
  ["private use beyond the first plane, C.3", "\u{10fffd}", "a private-use character"],
  ["code points that are no characters, C.4", "pass\ufdd0word", "stands for no text"],
  ["the last code point, C.4", "\u{10ffff}", "stands for no text"],
  ["half of a surrogate pair, C.5", "pass\ud83dword", "half of a surrogate pair"],
  ["the replacement character, C.6", "pass\ufffdword", "stands for no text"],
  ["ideographic description, C.7", "pass\u2ff0word", "stands for no text"],
  ["a change of direction, C.8", "pass\u202eword", "only formats or tags"],
  ["tags, C.9", "pass\u{e0041}word", "only formats or tags"],
  ["Arabic that ends with a digit (example 7)", "\u06271", "must begin and end"],
  ["Arabic that begins with a digit", "1\u0627", "must begin and end"],
  ["Hebrew and Latin together", "\u05d0a\u05d1", "mixes letters"],
];

for (const [what, text, reason] of REFUSED) {
  test(`saslprep refuses ${what}`, () => {
    const error = assertThrows(() => saslprep(text, { name: "the password" }), TypeError, reason);
    // What the password is must not be found in a log.
    assertEquals(error.message.startsWith("Cannot prepare the password by SASLprep: it "), true);
    assertEquals(error.message.includes(text), false);
  });
}

test("saslprep refuses what no character was given for, unless it is looked up and not stored", () => {
  assertThrows(() => saslprep("a\u{e0fff}"), TypeError, "no character has been given");
  assertEquals(saslprep("a\u{e0fff}", { allowUnassigned: true }), "a\u{e0fff}");
  assertThrows(() => saslprep("a\u{10ffff}", { allowUnassigned: true }), TypeError, "stands for no text");
});

/** Made by chance from the characters of Unicode 3.2; prepared with the tables of RFC 3454 in Python's `stringprep`; `undefined`: refused. */
const GOLDEN: readonly (readonly [text: string, prepared: string | undefined])[] = [
  ["\u079c\ufe91\ufe7a\u0784", "\u079c\u0628 \u0650\u0784"],
  ["\u202f\ubaed\u{27361}\u04de", " \ubaed\u{27361}\u04de"],
  ["\ufe02\ufeff\ufe02\ufe0a\ufe0f", ""],
  ["\u2004", " "],
  ["\u0308\u0344\u032b\u0312\u032f", "\u032b\u032f\u0308\u0308\u0301\u0312"],
  ["\ufcba\ufdbc", "\u0639\u062c\u0644\u062c\u0645"],
  ["\u01bb\u01c7\u2071\u00db", "\u01bbLJi\u00db"],
  ["j\u180b", "j"],
  ["\ufd5f\u072b\ufca3\u06a8\u0715", "\u0633\u0645\u062d\u072b\u062a\u062e\u06a8\u0715"],
  ["\ufdb5\u0688\ufe72\ufd5b\ufc31", "\u0644\u062d\u0645\u0688 \u064c\u062d\u0645\u0649\u0641\u0649"],
  ["\u200a\u2006", "  "],
  ["\u05e8\ufcf3\ufd31", "\u05e8\u0640\u064f\u0651\u0633\u0647"],
  ["\ufcbf\ufcbb\u0703\u05d7\ufdf2", "\u0641\u062d\u0639\u0645\u0703\u05d7\u0627\u0644\u0644\u0647"],
  ["\u180b\u200d\ufe01\ufe0d\ufe00", ""],
  ["\ufb73\ufcb7", "\u0684\u0636\u0645"],
  ["\ufb03\u{26962}\u5fe7", "ffi\u{26962}\u5fe7"],
  ["\u0154\u014e\u0340\u00b7", "\u0154\u014e\u0300\u00b7"],
  ["\ufe04", ""],
  ["\u0344\u0311\u0322\u0332\u0333", "\u0322\u0332\u0333\u0308\u0301\u0311"],
  ["\u0348\u034c\u0344\u0300", "\u0348\u034c\u0308\u0301\u0300"],
  ["\u0edc\u0324", "\u0eab\u0e99\u0324"],
  ["\ufc0a\u0677\u0703", "\u0628\u064a\u06c7\u0674\u0703"],
  ["\u032c\u032f\u0336", "\u0336\u032c\u032f"],
  ["\u05d8\ufda5\ufb4f\u0793", "\u05d8\u062c\u0645\u064a\u05d0\u05dc\u0793"],
  ["\ufe09\ufe0eiW\ufe0b", "iW"],
  ["\uff71\u2fb9\u24a2", "\u30a2\u9999(g)"],
  ["\u0320\u0329\u0337\u030c\u0316", "\u0337\u0320\u0329\u0316\u030c"],
  ["\u{26486}\u{2827e}\u2f9f\u2080", "\u{26486}\u{2827e}\u8f9b0"],
  ["\u{1d7b0}\u2f73", "\u03b7\u7a74"],
  ["\ufc82\ufbd7\u0642", "\u0643\u0645\u06c7\u0642"],
  ["\u67b9\uc850\u9041\u{28997}\u{25b9d}", "\u67b9\uc850\u9041\u{28997}\u{25b9d}"],
  ["\u01f6\u00f1", "\u01f6\u00f1"],
  ["\u{26c9b}\u{2764a}", "\u{26c9b}\u{2764a}"],
  ["\u014d\u00db\u0181", "\u014d\u00db\u0181"],
  ["\u011a\u0112\u0192", "\u011a\u0112\u0192"],
  ["\u034a", "\u034a"],
  ["\u{22373}\u{22da3}\u5250\u{22957}\u{24779}", "\u{22373}\u{22da3}\u5250\u{22957}\u{24779}"],
  ["Vp>\u0219", "Vp>\u0219"],
  ["\u{23037}\u84dc\ucbc4\uc81c\uad3f", "\u{23037}\u84dc\ucbc4\uc81c\uad3f"],
  ["17\u044d\u{27955};", "17\u044d\u{27955};"],
  ["\ufd10\u{1d690}\u322b\u32fa\u01c5", undefined],
  ["\u3287\u3213\u2f67\ufd04\u{1d42c}", undefined],
  ["\u030b\u034a\u{239f2}\u030f\u{1021af}", undefined],
  ["\ufc68\u7898\ufc6a\ufb21\u92c2", undefined],
  ["\u{fdd54}\u{fdad5}", undefined],
  ["\ufd6a\ufd56\u033f\u0346\u031a", undefined],
  ["\ufd77\u33bf\ufcf2", undefined],
  ["\u078d\u{29347}", undefined],
  ["\ufe76\u06af\ufce6", undefined],
  ["\u0014\u008a\u0007\u0081\u001a", undefined],
  ["\u{f803a}\u36f6\u{fb516}\u{ffeab}", undefined],
  ["\u{2f943}\u{f8240}\u{10801c}\u{fc3cf}\u{10c4e3}", undefined],
  ["\ufcd0\u24c2", undefined],
  ["\u2f5a\ufeb1\u{1d6e9}", undefined],
  ["\ufb7e\u313b\ufd73\u0691\u32d8", undefined],
  ["\u017a\u06b1\u022b\ufcf3", undefined],
  ["\ufc27\ufc24\u06dd\ufc81\ufbe4", undefined],
  ["\u0668\u0660\ufd88\u0668", undefined],
  ["\ufb34\ufeaa\u0179\u00c4\u06b3", undefined],
  [" \ufb7e\ufe96\u0621", undefined],
  ["\ufcdb\u8d0c\u{22d00}\u06ad\u6f92", undefined],
  ["\u06ae\u0175\u0792\ufcda", undefined],
  ["\ufe7c\u06c3\u9e0f\u03c8", undefined],
  ["\ufb85\u06b4\ufba2\ufd6e\ufb2e", undefined],
  ["\u0330\u033e\ufb78\u06a5\u0310", undefined],
  ["\u069a\u{25662}", undefined],
  ["\uec30\u066a\u{291e7}\u{240d9}", undefined],
  ["\u06fc\ufc1c\ufe60", undefined],
  ["\ufc97\u06fe\ufc3b\ufdf8", "\u0626\u062c\u06fe\u0643\u0644\u0648\u0633\u0644\u0645"],
  ["97\u066a\u0660\u{29d3b}", "97\u066a\u0660\u{29d3b}"],
  ["\ufbe0\u0634\ufc10", "\u06c5\u0634\u062a\u064a"],
  ["\ufba7\u05d1", "\u06c1\u05d1"],
  ["7\u0415\u{27960}\u{29de3}\u0661", "7\u0415\u{27960}\u{29de3}\u0661"],
  ["\ufd27\u0678\ufc26\ufc8e\ufb78", "\u0634\u062e\u064a\u0674\u0637\u062d\u0646\u0649\u0683"],
  ["\u062e", "\u062e"],
  ["\u0661\u066c", "\u0661\u066c"],
  ["\u06699\u0665\u0669\u0661", "\u06699\u0665\u0669\u0661"],
  ["\u06624", "\u06624"],
  ["\u0667", "\u0667"],
  ["7\u0666", "7\u0666"],
  ["\ufd0d\ufc0e\ufcc4\ufb44\u0635", "\u0634\u0631\u062a\u0645\u0643\u062c\u05e4\u05bc\u0635"],
  ["\ufed9\ufd31\u062e", "\u0643\u0633\u0647\u062e"],
];

test("saslprep does as the tables of RFC 3454 say", () => {
  for (const [text, prepared] of GOLDEN) {
    const points = [...text].map((character) => character.codePointAt(0)?.toString(16)).join(" ");
    if (prepared === undefined) assertThrows(() => saslprep(text), TypeError, "by SASLprep", points);
    else assertEquals(saslprep(text), prepared, points);
  }
});

test("saslprep changes nothing a second time", () => {
  for (const [, prepared] of GOLDEN) if (prepared !== undefined) assertEquals(saslprep(prepared), prepared);
});
