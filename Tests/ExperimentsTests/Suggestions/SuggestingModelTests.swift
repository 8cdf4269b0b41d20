import Foundation
import LanguageModel
import Numerics
import Storage
import TestSupport
import Testing

@testable import Experiments

/// The built-in program that suggests labels: a model that is asked and answers greedily.
struct SuggestingModelTests {
  private let folder: TemporaryFolder
  private let transformer: Transformer
  private let tokenizer: Tokenizer
  private let model: SuggestingModel

  /// The tiny model, with room for a question.
  init() throws {
    folder = try TemporaryFolder()
    let url = folder.file("model")
    try TinyModel.write(to: url)
    let config = url.appending(path: "config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    let longer = text.replacing(
      #/"max_position_embeddings": *\d+/#, with: "\"max_position_embeddings\": 4096")
    try #require(longer != text)
    try Data(longer.utf8).write(to: config)
    let path = url.path(percentEncoded: false)
    transformer = try Transformer(path, threads: 1)
    tokenizer = try TokenizerLoader.fromTokenizerJSON(url.appending(path: "tokenizer.json"))
    model = try SuggestingModel(.hub(url), threads: 1)
  }

  private func tokens(_ prompt: String) throws -> [Int] {
    tokenizer.encode(
      try ChatTemplate(.raw).render(prompt: prompt, system: .templateDefault))
  }

  @Test func `a label is the first line of its greedy answer`() throws {
    let prompt = "Say in a few words what these have in common."
    let generation = try transformer.generate(
      [try tokens(prompt)],
      GenerationOptions(
        maxNewTokens: SuggestingModel.mostNewTokens, endTokens: tokenizer.stopIDs))[0]
    let text = tokenizer.decode(generation.tokens, skipSpecial: true)
    let line = try #require(
      text.split(whereSeparator: \.isNewline).first {
        $0.contains { !$0.isWhitespace }
      })
    switch try model.label(prompt, check: {}) {
    case .success(let label): #expect(label == SuggestionReply.cleaned(String(line)))
    case .failure(let failure):
      // Bytes of a random model need not be words; then it is said, and nothing else is taken.
      #expect(SuggestionReply.cleaned(String(line)).isEmpty, "\(failure)")
    }
  }

  @Test(
    arguments: [
      ("<|im_start|>assistant", nil), ("<|im_end|>", nil), ("Assistant:", nil), (" \t", nil),
      ("1. user", nil), ("1. <<user>>", nil), ("2. <|im_end|>", nil), ("<<ass>>istant", nil),
      ("3. names of rivers", "3. names of rivers"), ("1984", "1984"),
      ("<start_of_turn>model", nil), ("[INST] user [/INST]", nil), ("<end>", nil), ("…", "…"),
      ("The end of a turn, <|im_end|>.", "The end of a turn, ."),
      ("<end>requests for help<end>", "requests for help"),
      ("an assistant who declines", "an assistant who declines"),
      ("a < b and c > d", "a < b and c > d"), ("<<so>> it goes", "so it goes"),
      ("<<<requests>>> for help>>", "requests for help"), ("<<>>", nil),
    ] as [(String, String?)])
  func `tokens of a template are no part of a suggestion`(_ line: String, _ expected: String?) {
    let found = SuggestionReply.withoutTemplate(line, tokens: ["<end>"])
    #expect(found.map(SuggestionReply.cleaned) == expected)
  }

  @Test func `whether a text fits is the likelier of the two digits, text by text`() throws {
    let texts = (0..<12).map { "text <<\($0)>> of \(String(repeating: "ab", count: $0))" }
    let answers = try #require(try model.fits("numbers", texts, check: {}))
    let vocabulary = transformer.configuration.vocabularySize
    func id(_ digit: String) throws -> Int {
      try #require(tokenizer.encode(digit, addSpecial: false, parseSpecial: false).last)
    }
    let (one, zero) = (try id("1"), try id("0"))
    for (text, answer) in zip(texts, answers) {
      let logits = try transformer.forward(
        .tokens([try tokens(SuggestionPrompts.fit(label: "numbers", text: text))]), logits: .last
      ).logits
      try #require(logits.count == vocabulary)
      #expect(answer == (logits[one] > logits[zero]), "\(text)")
    }
  }

  @Test func `what is too long for it is said and not cut`() throws {
    let long = String(repeating: "word ", count: 2000)
    guard case .failure(let failure) = try model.label(long, check: {}) else {
      Issue.record("a question of 10,000 tokens was taken")
      return
    }
    #expect(failure.description.contains("reads at most 4096"))
    #expect(try model.fits("x", [long], check: {}) == nil)
  }

  @Test func `who it is is its weights, whatever they are called`() throws {
    #expect(model.name == "model" && model.provenance.declared == "model")
    let moved = folder.file("other")
    try FileManager.default.copyItem(at: folder.file("model"), to: moved)
    let other = try SuggestingModel(.hub(moved), threads: 1)
    #expect(other.name == "other")
    #expect(other.provenance.commandHash == model.provenance.commandHash)
  }

  @Test func `one answer to every text is no score`() {
    func words(_ own: Int, _ other: Int) -> String {
      DetectionScore(own: Proportion(own, of: 5), other: Proportion(other, of: 5)).words
    }
    #expect(words(5, 0) == "tells nothing: yes to all 10 texts")
    #expect(words(0, 5) == "tells nothing: no to all 10 texts")
    #expect(words(5, 4) == "9 of 10 told rightly [0.60, 0.98]")
    #expect(words(0, 0) == "0 of 10 told rightly [0.00, 0.28]")
  }
}
