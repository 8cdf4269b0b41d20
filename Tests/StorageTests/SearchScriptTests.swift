import ExemplarPartitioning
import Foundation
import TestSupport
import Testing

@testable import Storage

/// Search where words are not written apart, beside a plain look through the contexts.
struct SearchScriptTests {
  private let folder: TemporaryFolder
  /// As an earlier version wrote it, and as this one does.
  private let files: [DictionaryFile]
  /// The contexts of each region, in compatibility forms and small letters.
  private let contexts: [[String]]

  init() throws {
    folder = try TemporaryFolder()
    let older = try DictionaryFile(Fixtures.url("cases/32-cjk-search/version-1.epdict"))
    let dictionary = try older.load()
    let url = folder.file("anew.epdict")
    try DictionaryWriter.write(dictionary, provenance: DictionaryProvenance(), to: url)
    files = [older, try DictionaryFile(url)]
    contexts = try (0..<older.regionCount).map { region in
      let detail = try older.detail(of: region)
      return (detail.closest + detail.farthest).map {
        ($0.text ?? "").precomposedStringWithCompatibilityMapping.lowercased()
      }
    }
  }

  @Test(arguments: [
    ("猫", "猫"), ("喜欢", "喜欢"), ("黑猫在", "黑猫在"), ("猫喜", "猫喜"), ("私は猫", "私は猫"), ("ภาษา", "ภาษา"),
    ("ช่", "ช่"), ("ไม่", "ไม่"), ("itgc", "itgc"), ("ITGC后", "itgc后"), ("的结果", "的结果"), ("cat", "cat"),
    ("ｃａｔ", "cat"), ("*eep*", "eep"), ("*leeps", "leeps"), ("*tgc*", "tgc"), ("roo*", "roo"),
    ("狗", "狗"),
  ])
  func `what a plain scan finds is found, in dictionaries of either version`(
    _ query: String, _ piece: String
  ) throws {
    let piece = piece.precomposedStringWithCompatibilityMapping.unicodeScalars
    let expected = contexts.indices.filter { region in
      contexts[region].contains { $0.unicodeScalars.firstRange(of: piece) != nil }
    }
    #expect(expected.isEmpty == (query == "狗"))
    for file in files {
      let hits = try file.search(SearchQuery("context:" + query), limit: 1000)
      #expect(hits.map(\.region).sorted() == expected, "\(file.name)")
      for hit in hits {
        #expect(!hit.matches.isEmpty)
        for range in hit.matches {
          let marked = String(decoding: Array(hit.snippet.utf8)[range], as: UTF8.self)
          #expect(
            marked.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars
              .firstRange(of: piece) != nil)
        }
      }
    }
  }

  @Test func `words of other scripts stay whole, and labels are searched likewise`() throws {
    for file in files {
      let labels = [0: "黑猫在屋顶", 1: "refused politely"]
      func found(_ query: String) throws -> [Int] {
        try file.search(SearchQuery(query), limit: 1000, labels: labels).map(\.region)
      }
      #expect(try found("label:猫") == [0])
      #expect(try found("label:屋顶") == [0])
      #expect(try found("label:顶屋").isEmpty)
      #expect(try found("label:fuse").isEmpty)
      #expect(try found("label:*fuse*") == [1])
      #expect(try found("label:*fused") == [1])
      #expect(try found("label:*fuse").isEmpty)
      #expect(try found("label:*\"fused pol\"*") == [1])
      #expect(try found("context:eep").isEmpty)
    }
  }

  @Test func `an activating token is found by the characters it is part of`() throws {
    let hits = try files[0].search(SearchQuery("token:猫"), limit: 1000)
    #expect(!hits.isEmpty)
    #expect(hits.allSatisfy { $0.snippet.contains("猫") })
  }

  @Test(arguments: [
    ("Café", ["cafe"]), ("猫 喜", ["猫", "·", "喜"]), ("猫喜", ["猫", "喜"]), ("a b", ["a", "b"]),
    ("gen-itgc后", ["gen", "itgc", "后"]), ("ｶﾞﾗｽ", ["ガ", "ラ", "ス"]), ("か\u{3099}", ["が"]),
    ("\u{1112}\u{1161}\u{11AB}글", ["한", "글"]), ("ＡＢＣ１", ["abc1"]), ("ﬁn", ["fin"]),
    ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]), ("مُحَمَّد", ["محمد"]), ("שָׁלוֹם", ["שלום"]),
    ("и\u{306}", ["й"]), ("Σίσυφος", ["σίσυφοσ"]), ("so\u{AD}ft", ["soft"]),
    ("ภา\u{200B}ษา", ["ภ", "า", "ษ", "า"]),
    ("h\u{338}\u{321}e", ["he"]), ("葛\u{E0100}飾", ["葛", "飾"]), ("👍 ok", ["ok"]), ("", []),
    ("·", []),
    ("\u{301}", []), ("don't", ["don", "t"]),
  ])
  func `a text is cut into words, and these are folded`(_ text: String, _ words: [String]) {
    #expect(SearchText.words(of: text).map(\.folded) == words)
  }

  @Test func `words stand where they say, whatever the text is`() {
    var generator = SeededGenerator(seed: 11)
    let pieces = [
      "a", "É", " ", "猫", "ก", "่", "\u{200D}", "\u{301}", "한", "\u{1161}", "½", "㈱", "ｶ", "ﾞ",
      "\0", "👩", "ß",
    ]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...12, using: &generator))
        .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      let words = SearchText.words(of: text)
      for (word, next) in zip(words, words.dropFirst()) {
        #expect(word.range == next.range || word.range.upperBound <= next.range.lowerBound)
      }
      for word in words {
        #expect(!word.range.isEmpty && word.range.upperBound <= text.utf8.count)
        #expect(!word.folded.contains(" ") && !word.folded.isEmpty)
      }
    }
  }

  @Test func `texts of ASCII are cut and folded for the index as others are`() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...20, using: &generator))
        .map { _ in UInt8.random(in: 0..<128, using: &generator) }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(SearchText.indexed(text) == SearchText.indexed(SearchText.words(of: text)))
    }
    #expect(SearchText.indexed("--Don't  STOP-9.") == "don t stop 9")
    #expect(SearchText.indexed("Café 猫 喜") == "cafe · 猫 · 喜")
  }

  @Test(arguments: [("re*ed", 4), ("™", 1), ("*", 1), ("cat ™", 5)])
  func `what cannot be looked for is a mistake`(_ query: String, _ column: Int) {
    #expect {
      try SearchQuery(query)
    } throws: {
      ($0 as? SearchQuery.SyntaxError)?.column == column
    }
  }

  @Test(arguments: [
    ("-猫", "'-'"), ("^猫", "'^'"), ("+river", "'+'"), ("!river", "'!'"), ("bank -river", "'-'"),
    ("label:-river", "'-'"), ("(^river)", "'^'"), ("river~", "'~'"), ("river^2", "'^'"),
    ("bank | river", "'|'"), ("bank || river", "'||'"), ("a && b", "'&&'"), ("! river", "'!'"),
    ("NEAR(bank river)", "NEAR"), ("bank NEAR/3 river", "NEAR"), ("*-river*", "'-'"),
  ])
  func `an operator of other searches is refused by name, also while it is typed`(
    _ query: String, _ name: String
  ) {
    #expect {
      try SearchQuery(query)
    } throws: { "\($0)".contains("\(name)") && "\($0)".contains("not understood") }
    #expect(SearchQuery(typing: query) == nil)
  }

  @Test(arguments: [
    "e-mail", "C++", "a - b", "don't", "50%", "R & D", "\"-river\"", "near", "NEAR", "what?", "a/b",
    "x.y", "[river]", "hello!", "5.0",
  ])
  func `signs that are text are no operators`(_ query: String) throws {
    _ = try SearchQuery(query)
  }

  @Test(arguments: [
    ("καλημέρα", true), ("καλημερα", false), ("ΚΑΛΗΜΈΡΑ", true), ("καλημε\u{301}ρα", true),
    ("чай", true),
    ("чаи", false), ("ЧАЙ", true), ("чаи\u{306}", true), ("їжак", true), ("іжак", false),
    ("cafe", true),
    ("café", true), ("naive", true), ("tiếng", true), ("tieng", true),
  ])
  func `accents of Latin letters do not matter, and others make other letters`(
    _ query: String, _ isThere: Bool
  ) throws {
    var dictionary = try files[0].load()
    let shown = dictionary.regions.compactMap { $0.closest.first?.document }
    let document = try #require(shown.first)
    let text = "Καλημέρα, чай и їжак; Café naïve, tiếng"
    dictionary.documents[document] = text
    let url = folder.file("accents.epdict")
    try DictionaryWriter.write(dictionary, provenance: DictionaryProvenance(), to: url)
    let hits = try DictionaryFile(url).search(SearchQuery(query), limit: 1, labels: [:])
    #expect(hits.isEmpty != isThere)
    for file in files {
      #expect(
        try file.search(SearchQuery("label:" + query), limit: 1, labels: [0: text]).isEmpty
          != isThere)
    }
  }

  @Test(arguments: [
    ("👍", true), ("👍🏽", true), ("👍🏾", false), ("❤", true), ("❤\u{FE0F}", true), ("🐈\u{200D}⬛", true),
    ("🐕", false), ("🇩🇪", true), ("🇩🇰", false), ("mittens 👍", true), ("\"mittens 👍\"", true),
    ("\"mittens 🐕\"", false), ("context:👍", true), ("label:👍", false), ("👍 OR 🐕", true),
    ("👍 AND 🐕", false),
  ])
  func `emoji are found in contexts`(_ query: String, _ isThere: Bool) throws {
    var dictionary = try files[0].load()
    let shown = dictionary.regions.compactMap { $0.closest.first?.document }
    let document = try #require(shown.first)
    dictionary.documents[document] = "Mittens 👍🏽 ❤\u{FE0F} 🐈\u{200D}⬛ 🇩🇪"
    let url = folder.file("pictures.epdict")
    try DictionaryWriter.write(dictionary, provenance: DictionaryProvenance(), to: url)
    let hits = try DictionaryFile(url).search(SearchQuery(query), limit: 1, labels: [:])
    #expect(hits.isEmpty != isThere)
    if let hit = hits.first { #expect(!hit.matches.isEmpty) }
  }

  @Test(arguments: [
    ("GRÖSSE", true), ("größe", true), ("grosse", true), ("\"die GROSSE\"", true), ("MASSE", true),
    ("strasse", true), ("straße", true), ("черная", true), ("ЧЕРНАЯ", true), ("чёрная", true),
    ("черн*", true),
    ("елка", true), ("ёлка", true), ("*рная", true), ("\"черная елка\"", true), ("grose", false),
    ("чорная", false),
  ])
  func `ß and ss, ё and е are found for each other, with what is shown`(
    _ query: String, _ isThere: Bool
  ) throws {
    var dictionary = try files[0].load()
    let shown = dictionary.regions.compactMap { $0.closest.first?.document }
    let document = try #require(shown.first)
    dictionary.documents[document] = "Die Größe und die Maße der STRASSE: Чёрная елка"
    let url = folder.file("spellings.epdict")
    try DictionaryWriter.write(dictionary, provenance: DictionaryProvenance(), to: url)
    let file = try DictionaryFile(url)
    let query = try SearchQuery(query)
    let hits = try file.search(query, limit: 1, labels: [:])
    #expect(hits.isEmpty != isThere)
    if let hit = hits.first { #expect(!hit.matches.isEmpty) }
    let texts = [dictionary.documents[document]]
    #expect(try file.matches(of: query, in: texts)[0].isEmpty != isThere)
    let labels = [0: "Größe der Straße, Maße, чёрная елка"]
    let found = try files[1].search(query, limit: 1, labels: labels)
    #expect(found.isEmpty != isThere || query.description.contains("die"))
  }

  @Test func `a word of many such letters stays within bounds`() throws {
    let term = SearchQuery.Term(
      text: String(repeating: "еееееее ssssssß ", count: 20), isPrefix: false, column: 1)
    #expect(Phrase.spellings(of: term).count <= 64)
  }

  @Test func `emoji are found in labels, and a whole one beside a word`() throws {
    let labels = [0: "cats 🐈", 1: "dogs 🐕"]
    for (query, regions) in [("🐈", [0]), ("label:🐕", [1]), ("\"dogs 🐈\"", [])] {
      let hits = try files[1].search(SearchQuery(query), limit: 2, labels: labels)
      #expect(hits.map(\.region) == regions)
    }
  }

  @Test func `a window is cut between characters`() {
    let family = "👨‍👩‍👧‍👦"
    let text = String(repeating: family, count: 40)
    for limit in 100..<160 {
      let window = TextWindow(of: text, around: 500..<503, limit: limit)
      #expect(window.text.allSatisfy { String($0) == family })
      #expect(!window.text.isEmpty)
    }
  }
}
