import Foundation
import Numerics
import TensorFiles

/// A decoder-only transformer, with hooks that can be read and edited.
///
/// Most weights stay as their files hold them, and are computed with as float32; results agree with the transformers library
/// in float32 on the same weights to rounding.
///
/// A value of this type is immutable: any number of calls may run at once, each with buffers of
/// its own, though they then share the processor.
package final class Transformer: Sendable {
  package let configuration: TransformerConfiguration
  /// How many threads a call uses.
  package let threads: Int
  /// The most rows that go through the layers at once.
  package let rowsPerPass: Int
  let weights: TransformerWeights

  init(
    _ configuration: TransformerConfiguration, _ weights: TransformerWeights, threads: Int,
    rowsPerPass: Int
  ) {
    self.configuration = configuration
    self.weights = weights
    self.threads = threads
    self.rowsPerPass = rowsPerPass
  }

  /// Enough rows for products to run at full speed, few enough that the buffers stay small beside
  /// the weights.
  package static let standardRowsPerPass = 512

  /// Which rows' logits are wanted.
  package enum LogitRows: Sendable {
    case none
    /// The last position of every prompt.
    case last
    case all
  }

  /// What a forward call starts from.
  package enum Input: Sendable {
    /// One list of token ids a prompt.
    case tokens([[Int]])
    /// Residual-stream rows at a hook, `[sum of lengths, hiddenSize]`, prompt after prompt, every
    /// position from the first; the layers below the hook are not run.
    case residual([Float], lengths: [Int], at: HookPoint)
  }

  package struct Output: Sendable {
    /// The number of positions of every prompt.
    package var lengths: [Int]
    /// `[rows, vocabularySize]`: a row per position, per prompt, or none, as asked for.
    package var logits: [Float]
    /// Per hook read, `[sum of lengths, width]`.
    package var hooks: [HookPoint: [Float]]

    package init(lengths: [Int], logits: [Float], hooks: [HookPoint: [Float]]) {
      (self.lengths, self.logits, self.hooks) = (lengths, logits, hooks)
    }
  }

  /// Runs prompts of any lengths and returns logits and activations.
  ///
  /// Every prompt is a sequence of its own from position 0, and its results do not depend, beyond
  /// rounding, on the others in the call. Layers that nothing asked for needs are not run.
  ///
  /// - Parameters:
  ///   - reading: hooks to return, in any order.
  ///   - editing: changes at hooks, applied before the hook is read, in the order given. At the
  ///     hook that `input` starts from they apply to the given rows.
  ///   - progress: called after every pass with the rows done so far and in all.
  /// - Throws: `ModelError` for an empty or too long prompt, an id outside the vocabulary, a hook
  ///   that does not exist or lies before the one that `input` starts from, or an edit that does
  ///   not fit; `TensorFileError` where the model's file was written to meanwhile; `CancellationError` in a cancelled task.
  package func forward(
    _ input: Input, reading: [HookPoint] = [], editing: [Edit] = [], logits: LogitRows = .all,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Output {
    let lengths = try lengths(of: input)
    for hook in reading { try configuration.validate(hook) }
    if case .residual(_, _, let start) = input {
      for hook in reading + editing.map(\.hook) where hook.order < start.order {
        throw ModelError(
          .unknownHook, "\(hook.name) lies before \(start.name), where the run starts")
      }
    }
    let total = lengths.reduce(0, +)
    let logitCount =
      switch logits {
      case .none: 0
      case .last: lengths.count
      case .all: total
      }
    var actions = try HookActions(configuration, editing: editing)
    let collected = Set(reading).map { hook in
      let count = total * configuration.width(at: hook)
      return (hook, UnsafeMutableBufferPointer<Float>.allocate(capacity: count))
    }
    defer { for (_, rows) in collected { rows.deallocate() } }
    for (hook, rows) in collected {
      if let base = rows.baseAddress { actions.read(hook, into: base) }
    }
    let values = logitCount * configuration.vocabularySize
    let logitValues = try [Float](unsafeUninitializedCapacity: values) { buffer, count in
      try run(
        input, lengths, actions, lastHook: reading.max { $0.order < $1.order }, logits: logits,
        into: buffer.baseAddress, progress: progress)
      count = values
    }
    try weights.checkUnchanged()
    return Output(
      lengths: lengths, logits: logitValues,
      hooks: Dictionary(uniqueKeysWithValues: collected.map { ($0, Array($1)) }))
  }
}
