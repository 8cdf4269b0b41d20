/// How text is continued.
package struct GenerationOptions: Equatable, Sendable {
  package enum Sampling: Equatable, Sendable {
    /// The most likely token; the earliest among equals.
    case greedy
    /// A draw from the softmax at `temperature`, from the `topK` most likely tokens and the
    /// fewest of them whose probabilities reach `topP`.
    ///
    /// Each prompt draws from a sequence of its own, seeded by `seed` and its index in the call,
    /// so that its draws do not depend on the prompts beside it.
    case seeded(seed: UInt64, temperature: Float = 1, topK: Int? = nil, topP: Float = 1)
  }

  package var maxNewTokens: Int
  /// Ids that end a continuation; the one that did is not part of it.
  package var endTokens: Set<Int>
  package var sampling: Sampling
  /// The most sequences that are continued at once; further prompts wait for a place.
  package var batchSize: Int

  package init(
    maxNewTokens: Int, endTokens: Set<Int> = [], sampling: Sampling = .greedy, batchSize: Int = 64
  ) {
    self.maxNewTokens = maxNewTokens
    self.endTokens = endTokens
    self.sampling = sampling
    self.batchSize = batchSize
  }

  /// - Throws: `ModelError.invalidPrompt`.
  package func check() throws { try validate() }

  func validate() throws {
    guard maxNewTokens >= 0, batchSize > 0 else {
      throw ModelError(
        .invalidPrompt,
        "expected a number of new tokens of at least 0 and a batch of at least 1, found "
          + "\(maxNewTokens) and \(batchSize)")
    }
    guard case .seeded(_, let temperature, let topK, let topP) = sampling else { return }
    guard temperature > 0, temperature.isFinite, topK ?? 1 > 0, topP > 0, topP <= 1 else {
      throw ModelError(
        .invalidPrompt,
        "expected a temperature above 0, a top-k of at least 1 and a top-p above 0 and up to 1, "
          + "found \(temperature), \(topK.map(String.init) ?? "none") and \(topP)")
    }
  }
}

/// One prompt's continuation.
package struct Generation: Equatable, Sendable {
  package enum Ending: String, Equatable, Sendable {
    /// One of the end tokens came up.
    case endToken
    /// As many tokens as were asked for.
    case length
    /// The model's context is full.
    case context
  }

  /// The new tokens, without the prompt and without the end token.
  package var tokens: [Int]
  package var ending: Ending

  package init(tokens: [Int], ending: Ending) {
    self.tokens = tokens
    self.ending = ending
  }
}

/// The activations over one prompt, read while it was continued.
package struct PromptActivations: Sendable {
  /// Its index in the call.
  package var prompt: Int
  /// Per hook, `[prompt's length, width]`.
  package var hooks: [HookPoint: [Float]]

  package init(prompt: Int, hooks: [HookPoint: [Float]]) {
    (self.prompt, self.hooks) = (prompt, hooks)
  }
}

/// What happens while text is generated.
package enum GenerationEvent: Equatable, Sendable {
  /// The next token of a prompt's continuation.
  case token(prompt: Int, id: Int)
  case finished(prompt: Int, Generation)
}
