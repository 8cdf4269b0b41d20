/// A change made to the activations at a hook while the model runs.
package struct Edit: Equatable, Sendable {
  package enum Operation: Equatable, Sendable {
    /// x ← c + (x − c) − s·QQᵀ(x − c): at strength s = 1 takes the span of the basis out of x, seen from the
    /// centre.
    ///
    /// `centre` is `[width]`, `basis` `[k, width]` row-major with orthonormal rows.
    case ablate(centre: [Float], basis: [Float], strength: Float = 1)
    /// x ← x + α·u, with `direction` `[width]` taken as it is, not normalised.
    case steer(direction: [Float], alpha: Float)
    /// x ← a row of `rows` `[positions, width]`: the first for the first of the positions, which have to be listed; of one
    /// that is named twice the first counts.
    case replace(rows: [Float])
  }

  /// Which positions of a sequence are edited.
  package enum Positions: Equatable, Sendable {
    /// All of them, generated ones too.
    case all
    /// Those listed, counted from the sequence's first token; a negative one counts back from the
    /// end of the prompt, so that −1 is its last token.
    case only([Int])
  }

  package var hook: HookPoint
  package var operation: Operation
  package var positions: Positions
  /// The prompts edited, by their index in the call; `nil` for all. Several conditions can thus
  /// share one batch.
  package var prompts: Set<Int>?

  package init(
    at hook: HookPoint, _ operation: Operation, positions: Positions = .all,
    prompts: Set<Int>? = nil
  ) {
    self.hook = hook
    self.operation = operation
    self.positions = positions
    self.prompts = prompts
  }

  /// Checks the vectors against the width of the activations at the hook.
  ///
  /// - Throws: `ModelError.invalidEdit` for a wrong width, a number that is not finite, a basis
  ///   whose rows are further than 1e-3 from orthonormal, or rows to put in place of positions that are not listed.
  func validate(width: Int) throws {
    switch operation {
    case .ablate(let centre, let basis, let strength):
      guard strength.isFinite else {
        throw invalid("expected a finite strength, found \(strength)")
      }
      try expect(centre, count: width, "the centre")
      guard basis.count % width == 0, basis.count / width <= width else {
        throw invalid("expected a basis of up to \(width) rows of \(width), found \(basis.count)")
      }
      try expect(basis, count: basis.count, "the basis")
      try checkOrthonormal(basis, width: width)
    case .steer(let direction, let alpha):
      try expect(direction, count: width, "the direction")
      guard alpha.isFinite else { throw invalid("expected a finite α, found \(alpha)") }
    case .replace(let rows):
      guard case .only(let places) = positions else {
        throw invalid("expected listed positions to replace, found all")
      }
      try expect(rows, count: places.count * width, "the rows")
    }
  }

  private func expect(_ vector: [Float], count: Int, _ what: String) throws {
    guard vector.count == count else {
      throw invalid("expected \(what) to have \(count) components, found \(vector.count)")
    }
    guard vector.allSatisfy(\.isFinite) else { throw invalid("\(what) is not finite") }
  }

  private func checkOrthonormal(_ basis: [Float], width: Int) throws {
    let count = basis.count / width
    for i in 0..<count {
      for j in 0...i {
        var product = 0.0
        for d in 0..<width {
          product += Double(basis[i * width + d]) * Double(basis[j * width + d])
        }
        guard abs(product - (i == j ? 1 : 0)) <= 1e-3 else {
          throw invalid(
            "expected orthonormal basis rows, found ⟨\(i), \(j)⟩ = \(Float(product))")
        }
      }
    }
  }

  private func invalid(_ message: String) -> ModelError {
    ModelError(.invalidEdit, "edit at \(hook.name): \(message)")
  }
}
