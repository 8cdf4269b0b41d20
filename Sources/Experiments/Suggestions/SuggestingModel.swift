import Engines
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// The program that is built in: a model in memory, asked what it would call regions, which answers greedily.
package struct SuggestingModel: Sendable {
  /// As its file calls it.
  package let name: String
  /// Of the weights; an engine that does not know it leaves their name.
  let identity: String
  private let engine: any Engine
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  /// Ids by which an answer says yes, and no.
  private let yes: Set<Int>
  private let no: Set<Int>
  /// How special tokens are spelled, the longest first.
  private let special: [String]

  /// Tokens of an answer: a description is a few words.
  static let mostNewTokens = 48
  /// Positions that go through the model in one call.
  private static let rowsPerCall = 2048

  /// Reads the weights.
  ///
  /// A model without a chat template is asked in plain text.
  package init(_ files: ModelFiles, threads: Int) throws {
    try self.init(
      files, identity: try FileHash.of(files),
      try Transformer(try ModelDescription(files), threads: threads), try files.tokenizer())
  }

  /// The model that an engine has loaded.
  package init(_ worker: WorkerEngine) throws {
    try self.init(
      worker.files, identity: worker.loaded.modelHash ?? worker.loaded.name, worker,
      worker.tokenizer)
  }

  private init(
    _ files: ModelFiles, identity: String, _ engine: any Engine, _ tokenizer: Tokenizer
  ) throws {
    name = files.ownName ?? files.url.lastPathComponent
    (self.identity, self.engine, self.tokenizer) = (identity, engine, tokenizer)
    template =
      tokenizer.chat.entries.isEmpty ? ChatTemplate(.raw) : try ChatTemplate(of: tokenizer)
    // One of letters alone would be a word.
    special = (0..<tokenizer.vocabularySize).filter(tokenizer.isSpecial)
      .compactMap(tokenizer.piece)
      .filter { piece in piece.contains { !$0.isLetter && !$0.isNumber && !$0.isWhitespace } }
      .sorted { $0.count > $1.count }
    /// A digit begins an answer by itself, or behind a space.
    func ids(_ digit: String) -> Set<Int> {
      Set(
        [digit, " \(digit)"].compactMap {
          tokenizer.encode($0, addSpecial: false, parseSpecial: false).last
        })
    }
    (yes, no) = (ids("1"), ids("0"))
  }

  /// Who it is, before it is asked; the weights by their hash.
  var provenance: JudgeProvenance {
    let place = engine.description.recorded.map { " of \($0)" } ?? ""
    return JudgeProvenance(
      name: name, declared: name, command: "model \(name)\(place)",
      commandHash: SHA256.hexDigest(of: "model \(identity)\(place)"))
  }

  /// The first line that it answers with, tokens of a chat template left out; `nil` where there is nothing else in it.
  func label(
    _ prompt: String, check: () throws -> Void
  ) throws -> Result<String?, LineCommand.Failure> {
    let tokens = try tokens(of: prompt)
    if let failure = failure(tokens.count + Self.mostNewTokens) { return .failure(failure) }
    let generation = try engine.generate(
      [tokens],
      GenerationOptions(maxNewTokens: Self.mostNewTokens, endTokens: tokenizer.stopIDs)
    ) { _ in try check() }
    let text = tokenizer.decode(generation[0].tokens, skipSpecial: true)
    let lines = text.split(whereSeparator: \.isNewline)
    let own = lines.compactMap { SuggestionReply.withoutTemplate($0, tokens: special) }
    if own.isEmpty, lines.contains(where: { $0.contains { !$0.isWhitespace } }) {
      return .success(nil)
    }
    var reply = SuggestionReply()
    for line in own where reply.answer == nil {
      _ = reply.read(Array(line.utf8)[...])
    }
    return reply.label().map(Optional.some)
  }

  /// Whether a name fits each text: which digit, 1 or 0, it would rather answer with.
  ///
  /// Each text is asked about by itself; a long question about all of them is more than a small model can hold on to.
  ///
  /// - Returns: `nil` where a question is too long for it, or its tokens do not tell the digits apart.
  func fits(_ label: String, _ texts: [String], check: () throws -> Void) throws -> [Bool]? {
    guard yes.isDisjoint(with: no), !yes.isEmpty, !no.isEmpty else { return nil }
    let questions = try texts.map {
      try tokens(of: SuggestionPrompts.fit(label: label, text: $0))
    }
    guard questions.allSatisfy({ failure($0.count + 1) == nil }) else { return nil }
    let vocabulary = engine.description.vocabularySize
    var answers: [Bool] = []
    while answers.count < questions.count {
      try check()
      var (chunk, rows) = ([[Int]](), 0)
      for question in questions[answers.count...] {
        guard chunk.isEmpty || rows + question.count <= Self.rowsPerCall else { break }
        chunk.append(question)
        rows += question.count
      }
      let output = try engine.forward(.tokens(chunk), logits: .last)
      for row in chunk.indices {
        func largest(_ ids: Set<Int>) -> Float {
          ids.map { output.logits[row * vocabulary + $0] }.max() ?? -.infinity
        }
        answers.append(largest(yes) > largest(no))
      }
    }
    return answers
  }

  private func tokens(of prompt: String) throws -> [Int] {
    tokenizer.encode(try template.render(prompt: prompt, system: .templateDefault))
  }

  private func failure(_ count: Int) -> LineCommand.Failure? {
    let context = engine.description.contextLength
    guard count > context else { return nil }
    return LineCommand.Failure(
      "the question and its answer take \(count) tokens, and \(name) reads at most \(context)")
  }
}
