import LanguageModel
import TestSupport
import Testing

struct EditTests {
  private let model: GoldenModel
  private let hook = HookPoint.residualPost(layer: 1)
  private let width: Int

  init() throws {
    model = try GoldenModel("tiny-llama")
    width = model.transformer.configuration.hiddenSize
  }

  private var direction: [Float] { (0..<width).map { $0 == 3 ? 1 : 0 } }

  private func rows(_ edits: [Edit], _ prompts: [[Int]]) throws -> [Float] {
    let output = try model.transformer.forward(
      .tokens(prompts), reading: [hook], editing: edits, logits: .none)
    return try #require(output.hooks[hook])
  }

  @Test func `ablation leaves nothing of the basis, seen from the centre`() throws {
    let centre = (0..<width).map { Float($0) / 10 }
    let second: [Float] = (0..<width).map { $0 == 9 ? -1 : 0 }
    let edit = Edit(at: hook, .ablate(centre: centre, basis: direction + second))
    let (plain, edited) = (try rows([], [[4, 5]]), try rows([edit], [[4, 5]]))
    for row in 0..<2 {
      for column in 0..<width {
        let index = row * width + column
        let expected = column == 3 || column == 9 ? centre[column] : plain[index]
        #expect(abs(edited[index] - expected) < 1e-5)
      }
    }
  }

  @Test func `rows are put at their positions, in prompts of any pass, and what follows sees them`()
    throws
  {
    let prompts = [[4, 5, 6, 7], [8, 9]]
    let plain = try rows([], prompts)
    let new = (0..<2 * width).map { Float($0) / 50 }
    for (positions, places) in [([2, 0], [2, 0]), ([-1, -4], [3, 0]), ([1, 99], [1, nil])] {
      let edit = Edit(at: hook, .replace(rows: new), positions: .only(positions), prompts: [0])
      let found = try rows([edit], prompts)
      for row in 0..<6 {
        let expected =
          places.firstIndex(of: row).map { new[$0 * width..<($0 + 1) * width] }
          ?? plain[row * width..<(row + 1) * width]
        #expect(Array(found[row * width..<(row + 1) * width]) == Array(expected), "row \(row)")
      }
    }
    // Of two for one place the first stays.
    let twice = Edit(at: hook, .replace(rows: new), positions: .only([3, -1]), prompts: [0])
    #expect(Array(try rows([twice], prompts)[3 * width..<4 * width]) == Array(new.prefix(width)))
    // A sequence that is longer than a pass is cut.
    let long = (0..<200).map { ($0 * 7 + 3) % 50 }
    let path = Fixtures.url("models/tiny-llama").path(percentEncoded: false)
    let short = try Transformer(try ModelDescription(ModelFiles.find(path)), rowsPerPass: 64)
    let one = Edit(
      at: hook, .replace(rows: Array(new.prefix(width))), positions: .only([150]))
    let cut = try short.forward(.tokens([long]), editing: [one], logits: .last).logits
    let whole = try model.transformer.forward(.tokens([long]), editing: [one], logits: .last)
    let before = try model.transformer.forward(.tokens([long]), logits: .last)
    #expect(zip(cut, whole.logits).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(zip(before.logits, whole.logits).contains { abs($0 - $1) > 1e-3 })
  }

  @Test func `rows need listed positions, one each, and finite numbers`() throws {
    let row = [Float](repeating: 1, count: width)
    for edit in [
      Edit(at: hook, .replace(rows: row)),
      Edit(at: hook, .replace(rows: row), positions: .only([1, 2])),
      Edit(at: hook, .replace(rows: Array(row.dropLast())), positions: .only([1])),
      Edit(at: hook, .replace(rows: row.map { _ in .nan }), positions: .only([1])),
    ] {
      #expect(throws: ModelError.self) { _ = try rows([edit], [[4, 5]]) }
    }
  }

  @Test func `only the positions named are edited, also from the end of a prompt`() throws {
    let prompts = [[4, 5, 6, 7], [8, 9]]
    let steer = Edit.Operation.steer(direction: direction, alpha: 2)
    let plain = try rows([], prompts)
    for (positions, edited) in [
      (Edit.Positions.only([0, 2]), [0, 2, 4]), (.only([-1, 0, -4]), [0, 3, 4, 5]), (.only([]), []),
      (.only([99, -99]), []), (.all, [0, 1, 2, 3, 4, 5]),
    ] {
      let found = try rows([Edit(at: hook, steer, positions: positions)], prompts)
      for row in 0..<6 {
        let change = found[row * width + 3] - plain[row * width + 3]
        #expect(abs(change - (edited.contains(row) ? 2 : 0)) < 1e-5, "\(positions) row \(row)")
      }
    }
  }

  @Test func `conditions can share a batch`() throws {
    let prompt = [4, 5, 6]
    let steer = Edit.Operation.steer(direction: direction, alpha: 2)
    let options = GenerationOptions(maxNewTokens: 6)
    let together = try model.transformer.generate(
      [prompt, prompt], options, editing: [Edit(at: hook, steer, prompts: [1])])
    let plain = try model.transformer.generate([prompt], options)
    let steered = try model.transformer.generate(
      [prompt], options, editing: [Edit(at: hook, steer)])
    #expect(together == plain + steered)
  }

  @Test func `edits at one hook apply in order, before it is read`() throws {
    let up = Edit(at: hook, .steer(direction: direction, alpha: 7))
    let zero = [Float](repeating: 0, count: width)
    let out = Edit(at: hook, .ablate(centre: zero, basis: direction))
    #expect(abs(try rows([up, out], [[4]])[3]) < 1e-5)
    #expect(abs(try rows([out, up], [[4]])[3] - 7) < 1e-5)
  }

  @Test func `vectors that do not fit are refused`() throws {
    let zero = [Float](repeating: 0, count: width)
    let operations: [Edit.Operation] = [
      .steer(direction: [1, 2], alpha: 1), .steer(direction: direction, alpha: .nan),
      .steer(direction: direction.map { $0 / 0 }, alpha: 1),
      .ablate(centre: [0], basis: direction), .ablate(centre: zero, basis: direction + [1]),
      .ablate(centre: zero, basis: direction + direction),
      .ablate(centre: zero, basis: direction.map { $0 * 2 }),
    ]
    for operation in operations {
      #expect { try rows([Edit(at: hook, operation)], [[4]]) } throws: {
        ($0 as? ModelError)?.code == .invalidEdit
      }
    }
  }

  @Test func `an ablation of half a strength removes half`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    let hook = HookPoint.residualPost(layer: 0)
    let width = model.configuration.hiddenSize
    var direction = [Float](repeating: 0, count: width)
    direction[3] = 1
    let centre = [Float](repeating: 0.25, count: width)
    func row(_ strength: Float) throws -> [Float] {
      let edit = Edit(at: hook, .ablate(centre: centre, basis: direction, strength: strength))
      let output = try model.forward(
        .tokens([[1, 2]]), reading: [hook], editing: [edit], logits: .none)
      return try #require(output.hooks[hook])
    }
    let (plain, half, full) = (try row(0), try row(0.5), try row(1))
    #expect(abs(full[3] - 0.25) < 1e-6)
    #expect(abs(half[3] - (plain[3] + 0.25) / 2) < 1e-6)
    #expect(half[2] == plain[2])
  }
}
