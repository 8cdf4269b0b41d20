import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel

extension AblationSubject {
  /// What is read of activations over an answer, ready to be read.
  enum ConceptReading: Sendable {
    case regions(Set<Int>)
    case probe(LinearProbe)
  }

  /// Opens what a concept needs, to be asked before weights are read.
  ///
  /// - Returns: the concept as it is recorded; the reading is `nil` for one of words.
  /// - Throws: `ExperimentError` for a region that is not there, and for a probe that cannot be read, is of another width or
  ///   is not the one that was recorded.
  func open(_ concept: AnswerConcept) throws -> (AnswerConcept, ConceptReading?) {
    switch concept {
    case .words, .pattern, .script: return (concept, nil)
    case .regions(let ids):
      if let stray = ids.first(where: { !dictionary.regions.indices.contains($0) }) {
        throw ExperimentError(
          .invalidValue, "expected regions of 0…\(dictionary.count - 1), found \(stray)",
          file: dictionaryName)
      }
      return (concept, .regions(Set(ids)))
    case .probe(let reference):
      let url = URL(filePath: reference.path)
      let probe = try LinearProbe(url)
      guard probe.weights.count == dictionary.dimension else {
        throw ExperimentError(
          .mismatch,
          "expected a probe of \(dictionary.dimension) components, as \(dictionaryName) has, found "
            + "\(probe.weights.count)", file: url.lastPathComponent)
      }
      if let hash = reference.hash, hash != probe.hash {
        throw ExperimentError(
          .mismatch,
          "expected the probe of the saved experiment, of hash \(hash.prefix(12)), found "
            + "\(probe.hash.prefix(12))", file: url.lastPathComponent)
      }
      return (
        .probe(AnswerConcept.ProbeReference(path: reference.path, hash: probe.hash)), .probe(probe)
      )
    }
  }

  /// As ``open(_:)``, for what it refuses.
  package func check(_ concept: AnswerConcept) throws { _ = try open(concept) }
}

extension AblationRunner {
  /// Positions that go through the model in one call.
  private static let conceptRowsPerCall = 1024

  /// Marks every whole answer by a concept, of its words or of the model's activations over it; refusals are counted as
  /// before, beside it.
  ///
  /// Activations are those at the dictionary's hook over the answer's own tokens, after the prompt, under the edit of the
  /// condition: what the model went on from while it answered.
  ///
  /// - Throws: as ``AblationResult/count(_:)``, and `ExperimentError` where the depth has no answers or the concept cannot be
  ///   read; what `progress` throws.
  package func count(
    _ concept: AnswerConcept, in result: inout AblationResult,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    let (concept, reading) = try subject.open(concept)
    guard let reading else { return try result.count(concept) }
    guard let model, result.setup.depth == .generate else {
      throw ExperimentError(
        .missing,
        "“\(concept.words)” is read off the model's activations over whole answers; expected depth generate",
        file: "what is counted")
    }
    result.counting = concept
    let hook = try HookPoint(subject.hook)
    let conditions = try conditions(
      result.setup, try subject.directions(result.setup), at: result.actionHook)
    let context = model.engine.description.contextLength
    let prompts = Dictionary(
      subject.material.prompts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var answers: [(prompt: Int, condition: Int, tokens: [Int], own: Range<Int>)] = []
    var isEmpty = 0
    for index in result.prompts.indices {
      guard let prompt = prompts[result.prompts[index].id] else { continue }
      let before = try subject.material.tokens(of: prompt)
      for (place, condition) in conditions.enumerated() {
        guard let answer = result.prompts[index].answers[condition.name], !answer.isOpening
        else { continue }
        // The last token of an answer that filled the context was never read.
        let tokens = Array((before + answer.tokens).prefix(context))
        guard tokens.count > before.count else {
          isEmpty += 1
          // Nothing was entered; a probe has nothing to be of a mind about.
          if case .regions = reading {
            result.prompts[index].answers[condition.name]?.isCounted = false
          }
          continue
        }
        answers.append((index, place, tokens, before.count..<tokens.count))
      }
    }
    if isEmpty > 0, case .probe = reading {
      result.notices.append("\(isEmpty) answers without a token are not counted by the probe")
    }
    var start = 0
    while start < answers.count {
      var (end, rows) = (start, 0)
      while end < answers.count,
        end == start
          || rows + answers[end].tokens.count
            <= Self.conceptRowsPerCall
      {
        rows += answers[end].tokens.count
        end += 1
      }
      let chunk = answers[start..<end]
      let edits = conditions.enumerated().flatMap { place, condition in
        condition.edits(
          of: Set(chunk.indices.filter { chunk[$0].condition == place }.map { $0 - start }))
      }
      let output = try model.engine.forward(
        .tokens(chunk.map(\.tokens)), reading: [hook], editing: edits, logits: .none)
      let counted = counted(
        reading, output.hooks[hook] ?? [], chunk.map { ($0.tokens.count, $0.own) })
      for (answer, isCounted) in zip(chunk, counted) {
        result.prompts[answer.prompt].answers[conditions[answer.condition].name]?.isCounted =
          isCounted
      }
      start = end
      try progress(start, answers.count)
    }
  }

  /// Of each sequence in `rows`, whether its own part counts.
  private func counted(
    _ reading: AblationSubject.ConceptReading, _ rows: [Float],
    _ sequences: [(length: Int, own: Range<Int>)]
  ) -> [Bool] {
    let width = subject.dictionary.dimension
    var first = 0
    var parts: [Range<Int>] = []
    for (length, own) in sequences {
      parts.append(first + own.lowerBound..<first + own.upperBound)
      first += length
    }
    switch reading {
    case .regions(let regions):
      var assigner = RegionAssigner(subject.dictionary, threads: threads)
      let (ids, distances) = assigner.assign(ActivationBatch(rows: rows, count: first))
      let limit = Float(subject.dictionary.threshold)
      return parts.map { part in
        part.contains { regions.contains(Int(ids[$0])) && distances[$0] <= limit }
      }
    case .probe(let probe):
      return parts.map { part in
        var mean = [Double](repeating: 0, count: width)
        for row in part { for d in 0..<width { mean[d] += Double(rows[row * width + d]) } }
        return probe.isPositive(mean.map { $0 / Double(part.count) })
      }
    }
  }
}
