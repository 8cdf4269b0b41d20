import Engines
import Foundation
import LanguageModel
import Numerics
import Storage

/// A way to run the model: nothing, or changes at one hook or at several in the same run.
package struct RunCondition: Sendable, Equatable {
  package var name: AblationCondition
  /// None leave the model as it is.
  package var edits: [Edit]

  package init(_ name: AblationCondition, edit: Edit? = nil) {
    self.init(name, edits: edit.map { [$0] } ?? [])
  }

  package init(_ name: AblationCondition, edits: [Edit]) {
    self.name = name
    self.edits = edits
  }

  /// The edits of some sequences of a call.
  func edits(of sequences: Set<Int>) -> [Edit] {
    edits.map { edit in
      var edit = edit
      edit.prompts = sequences
      return edit
    }
  }
}

/// Exact next-token distributions under several conditions, from stored activations where they reach.
///
/// Everything below the edit is the same in all conditions, and the store has it: only the layers from the stored hook
/// on are run.
package struct ResumeDepth: Sendable {
  package let model: any Engine
  package let material: AblationMaterial
  /// The tokens whose probability counts as refusing; `nil` for none known.
  package let refusal: RefusalTokens?

  /// Positions that go through the layers in one call: enough for full speed, few enough to stop soon.
  static let rowsPerCall = 1024
  /// Logits held at once.
  static let logitsPerCall = 1 << 24

  package init(model: any Engine, material: AblationMaterial, refusal: RefusalTokens?) {
    self.model = model
    self.material = material
    self.refusal = refusal
  }

  /// What each prompt would begin its answer with.
  ///
  /// - Parameters:
  ///   - conditions: the first is what divergences are measured from.
  ///   - progress: after every few prompts, the number done and their readings; throw to stop.
  /// - Returns: `[condition][prompt]`.
  package func firstTokens(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition],
    progress: (_ done: Int) throws -> Void = { _ in }
  ) throws -> [[FirstToken]] {
    var readings = [[FirstToken]](repeating: [], count: conditions.count)
    let vocabulary = model.description.vocabularySize
    let ids = refusal?.ids
    for range in try chunks(prompts, conditions, logitRowsPerPrompt: { _ in 1 }) {
      let chunk = Array(prompts[range])
      let output = try run(chunk, conditions, logits: .last)
      let count = chunk.count
      var found = [FirstToken](
        repeating: FirstToken(token: 0, refusalLogOdds: nil, divergence: 0),
        count: count * conditions.count)
      output.logits.withUnsafeBufferPointer { logits in
        found.withUnsafeMutableBufferPointer { found in
          // Rows are disjoint, and the pointers outlive the loop.
          nonisolated(unsafe) let (logits, found) = (logits, found)
          Parallel.forEach(found.count, threads: model.threads) { item, _ in
            func row(_ index: Int) -> UnsafeBufferPointer<Float> {
              UnsafeBufferPointer(rebasing: logits[index * vocabulary..<(index + 1) * vocabulary])
            }
            found[item] = FirstToken(
              logits: row(item), baseline: row(item % count), refusal: ids)
          }
        }
      }
      for condition in conditions.indices {
        readings[condition] += found[condition * count..<(condition + 1) * count]
      }
      try progress(range.upperBound)
    }
    return readings
  }

  /// Perplexity of the prompts' own words under each condition: the tokens that not all prompts share at their
  /// beginning or end, which are the template's.
  ///
  /// - Returns: of each condition; `nil` for no tokens.
  package func perplexities(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition],
    progress: (_ done: Int) throws -> Void = { _ in }
  ) throws -> [Double?] {
    let tokens = try prompts.map { try material.tokens(of: $0) }
    let (prefix, suffix) = Self.sharedEnds(tokens)
    var logs = [[Double]](repeating: [], count: conditions.count)
    let vocabulary = model.description.vocabularySize
    guard model.description.isOwn else {
      // Logits stay where they are computed: a row of them is a million bytes.
      for (index, condition) in conditions.enumerated() {
        let scores = try model.scores(tokens, editing: condition.edits)
        for (ids, scores) in zip(tokens, scores) {
          let own = max(prefix, 1)..<max(max(prefix, 1), ids.count - suffix)
          logs[index] += own.map { scores[$0 - 1] }
        }
        try progress(prompts.count * (index + 1) / conditions.count)
      }
      return logs.map { NextTokens.perplexity(logProbabilities: $0) }
    }
    for range in try chunks(prompts, conditions, logitRowsPerPrompt: { $0.document.tokenCount }) {
      let chunk = Array(prompts[range])
      let output = try run(chunk, conditions, logits: .all)
      var row = 0
      for condition in conditions.indices {
        for ids in tokens[range] {
          for position in ids.indices {
            // The row at a position is about the token after it.
            let next = position + 1
            if next >= max(prefix, 1), next < ids.count - suffix {
              logs[condition].append(
                LogProbability.of(
                  ids[next], output.logits[row * vocabulary..<(row + 1) * vocabulary]))
            }
            row += 1
          }
        }
      }
      try progress(range.upperBound)
    }
    return logs.map { NextTokens.perplexity(logProbabilities: $0) }
  }

  /// Runs some prompts under every condition in one call: rows of a condition follow each other.
  private func run(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition], logits: Transformer.LogitRows
  ) throws -> Transformer.Output {
    let edits = conditions.enumerated().flatMap { index, condition in
      condition.edits(of: Set(index * prompts.count..<(index + 1) * prompts.count))
    }
    return try model.forward(
      try input(prompts, conditions), editing: edits, logits: logits)
  }

  private func input(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition]
  ) throws -> Transformer.Input {
    guard let start = try start(conditions) else {
      let tokens = try prompts.map { try material.tokens(of: $0) }
      return .tokens(conditions.flatMap { _ in tokens })
    }
    let (rows, lengths) = try material.rows(start.name, of: prompts)
    return .residual(
      conditions.flatMap { _ in rows }, lengths: conditions.flatMap { _ in lengths }, at: start)
  }

  /// The latest stored hook that no edit lies before; `nil` where the model has to run from the tokens.
  package func start(_ conditions: [RunCondition]) throws -> HookPoint? {
    let edited = conditions.flatMap { $0.edits.map(\.hook) }
    return material.hooks.compactMap { try? HookPoint($0.name) }
      .filter { hook in
        switch hook {
        case .residualPre, .residualMid, .residualPost:
          edited.allSatisfy { !($0 < hook) } && model.description.canStart(at: hook)
        case .embedding, .heads, .attentionOut, .feedForwardOut, .finalNormalised: false
        }
      }
      .max { $0 < $1 }
  }

  private func chunks(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition],
    logitRowsPerPrompt: (AblationPrompt) -> Int
  ) throws -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    let vocabulary = model.description.vocabularySize
    var (start, rows, logits) = (0, 0, 0)
    for (index, prompt) in prompts.enumerated() {
      let newRows = prompt.document.tokenCount * conditions.count
      let newLogits = logitRowsPerPrompt(prompt) * vocabulary * conditions.count
      if index > start, rows + newRows > Self.rowsPerCall || logits + newLogits > Self.logitsPerCall
      {
        chunks.append(start..<index)
        (start, rows, logits) = (index, 0, 0)
      }
      (rows, logits) = (rows + newRows, logits + newLogits)
    }
    if start < prompts.count { chunks.append(start..<prompts.count) }
    return chunks
  }

  /// How many tokens all prompts begin with, and end with.
  static func sharedEnds(_ tokens: [[Int]]) -> (prefix: Int, suffix: Int) {
    guard tokens.count > 1, let first = tokens.first,
      let shortest = tokens.map(\.count).min()
    else { return (1, 0) }
    let prefix = (0..<shortest).first { place in tokens.contains { $0[place] != first[place] } }
    let suffix = (0..<shortest).first { place in
      tokens.contains { $0[$0.count - 1 - place] != first[first.count - 1 - place] }
    }
    return (prefix ?? shortest, prefix == nil ? 0 : suffix ?? 0)
  }
}
