import Foundation
import Numerics
import TestSupport
import Testing

@testable import ExemplarPartitioning
@testable import Experiments

@Suite struct RefusalDirectionsTests {
  private struct Golden: Decodable {
    struct Layer: Decodable {
      var rows: [[Float]]
      var theta: Double
      /// Prompts that founded the regions, by id.
      var founders: [Int]
      var regions: [Int32]
      var distances: [Float]
      var harmful: [Int]
      var benign: [Int]
      var omitted: [Int]
      var norm: Double
      var directions: [String: [Double]]
      var cosines: [String: Double]
      /// By the layer that is read.
      var areas: [String: [Double]]
    }
    struct Draws: Decodable {
      var harmful: [Int]
      var benign: [Int]
      /// A permutation after them.
      var then: [Int]
    }

    var harmful: [Bool]
    var held: [Int]
    var layers: [Layer]
    var draws: Draws
  }

  private let golden: Golden
  private let roles: [AblationPrompt.Role]

  init() throws {
    golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("directions/golden.json")))
    roles = golden.harmful.map { $0 ? .harmful : .benign }
  }

  private func held(_ count: Int = 10) throws -> HeldOutPrompts {
    try HeldOutPrompts(
      .drawn(count), roles: roles, splits: roles.map { _ in nil }, seed: 0, of: "made up")
  }

  private func layers(threads: Int = 1) throws -> [DirectionLayer] {
    try golden.layers.enumerated().map { index, layer in
      try DirectionLayer(
        hook: "blocks.\(index).hook_resid_post", rows: layer.rows.flatMap(\.self), dimension: 8,
        percentile: 12, seed: 0, threads: threads, of: "made up")
    }
  }

  private func directions(
    _ place: Int = 0, isHeld: [Bool]? = nil, purity: RefusalDirections.Purity = .all,
    roles: [AblationPrompt.Role]? = nil, _ change: (inout [Float]) -> Void = { _ in }
  ) throws -> RefusalDirections {
    let layer = golden.layers[place]
    var rows = layer.rows.flatMap(\.self)
    change(&rows)
    var generator = NumPyGenerator(seed: 0)
    return try RefusalDirections(
      rows: rows, dimension: 8, roles: roles ?? self.roles, isHeld: isHeld ?? held().isHeld,
      regions: layer.regions, distances: layer.distances, purity: purity, generator: &generator)
  }

  @Test func `Held-out prompts are the author's draws, and the generator goes on after them`()
    throws
  {
    let sides = [AblationPrompt.Role](repeating: .harmful, count: 1176)
    let roles = sides + sides.map { _ in .benign }
    var prompts = try HeldOutPrompts(
      .drawn(256), roles: roles, splits: roles.map { _ in nil }, seed: 0, of: "made up")
    let held = roles.indices.filter { prompts.isHeld[$0] }
    #expect(Array(held.prefix(256)) == golden.draws.harmful)
    #expect(held.dropFirst(256).map { $0 - 1176 } == golden.draws.benign)
    #expect(held.prefix(256).reduce(0, +) == 151_383)
    #expect(held.dropFirst(256).reduce(0, +) == 450_647)
    var order = Array(0..<6)
    prompts.generator.shuffle(&order)
    #expect(order == golden.draws.then)
    #expect(try self.held().isHeld.indices.filter { try self.held().isHeld[$0] } == golden.held)
  }

  @Test func `Regions are those of the author's order, batches and p`() throws {
    for (layer, expected) in zip(try layers(), golden.layers) {
      #expect(abs(layer.theta - expected.theta) < 1e-6)
      #expect(layer.regionCount == expected.founders.count)
      #expect(layer.regions == expected.regions)
      for (own, wanted) in zip(layer.distances, expected.distances) {
        #expect(abs(own - wanted) < 1e-6)
      }
    }
  }

  @Test func `Directions, cosines, norms and scores across layers are the definition's`() throws {
    let study = try DirectionStudy.run(
      try layers(), roles: roles, held: try held(), DirectionStudy.Options())
    for (layer, expected) in zip(study.layers, golden.layers) {
      #expect(layer.directions.pure.harmful == expected.harmful)
      #expect(layer.directions.pure.benign == expected.benign)
      #expect(layer.directions.omitted == expected.omitted)
      #expect(abs(layer.directions.norm - expected.norm) < 1e-6)
      for (direction, scores) in zip(layer.directions.directions, layer.scores) {
        let name = direction.source.rawValue
        for (own, wanted) in zip(direction.unit, expected.directions[name]!) {
          #expect(abs(Double(own) - wanted) < 1e-6)
        }
        #expect(abs(direction.cosine - expected.cosines[name]!) < 1e-6)
        #expect(scores.count == 2)
        for (area, wanted) in zip(scores, expected.areas[name]!) {
          #expect(abs(try #require(area?.area) - wanted) < 1e-6)
        }
      }
      #expect(layer.directions[.promptMeans].harmful == 30)
      #expect(
        layer.directions[.exemplars].harmful
          == expected.harmful.filter { !expected.omitted.contains($0) }.count)
    }
  }

  @Test func `The shuffled control is dealt on from layer to layer`() throws {
    let held = try held()
    let both = try DirectionStudy.run(try layers(), roles: roles, held: held, .init())
    let second = try DirectionStudy.run(
      Array(try layers().dropFirst()), roles: roles, held: held, .init())
    let (first, alone) = (both.layers[1].directions, second.layers[0].directions)
    #expect(first[.exemplars] == alone[.exemplars])
    #expect(first[.shuffled].unit != alone[.shuffled].unit)
  }

  @Test func `A held-out prompt moves no direction, and with kept purity no region either`() throws
  {
    let plain = try directions(1, purity: .kept)
    let place = golden.held[0]
    let moved = try directions(1, purity: .kept) { rows in
      for d in 0..<8 { rows[place * 8 + d] += 3 }
    }
    #expect(plain.directions == moved.directions)
    #expect(plain.omitted.isEmpty)
    // A harmful held-out prompt in a wholly benign region makes it mixed only where held-out prompts decide.
    var roles = roles
    let region = golden.layers[1].benign[0]
    let member = try #require(
      golden.held.first { golden.layers[1].regions[$0] == Int32(region) })
    roles[member] = .harmful
    #expect(!(try directions(1, roles: roles)).pure.benign.contains(region))
    #expect((try directions(1, purity: .kept, roles: roles)).pure.benign.contains(region))
  }

  @Test func `What has no direction is refused, with what was found`() throws {
    let all = roles.map { _ in true }
    #expect(throws: RefusalDirectionsError.noPrompts(.harmful)) { try directions(isHeld: all) }
    var mixed = roles
    mixed[golden.layers[0].founders[golden.layers[0].harmful[0]]] = .benign
    #expect(throws: RefusalDirectionsError.noRegion(.harmful, pure: 0, mixed: 9)) {
      try directions(roles: mixed)
    }
    let exemplar = golden.layers[0].founders[golden.layers[0].harmful[0]]
    var isHeld = try held().isHeld
    isHeld[exemplar] = true
    #expect(throws: RefusalDirectionsError.noRegion(.harmful, pure: 1, mixed: 8)) {
      try directions(isHeld: isHeld)
    }
    #expect(throws: RefusalDirectionsError.notFinite) { try directions { $0[3] = .nan } }
    #expect(throws: RefusalDirectionsError.same(.exemplars)) {
      try directions { $0 = $0.map { _ in 1 } }
    }
    #expect(throws: ExperimentError.self) { try held(40) }
    #expect(throws: ExperimentError.self) { try held(0) }
  }

  @Test func `A split is held out, and one without prompts of both sides is refused`() throws {
    func held(_ split: String, _ splits: [String?]) throws -> HeldOutPrompts {
      try HeldOutPrompts(.split(split), roles: roles, splits: splits, seed: 0, of: "made up")
    }
    let splits = roles.indices.map { $0 % 4 == 0 ? "heldout" : "train" }
    #expect(try held("heldout", splits).isHeld == splits.map { $0 == "heldout" })
    let message = #expect(throws: ExperimentError.self) { try held("validation", splits) }
    #expect(message?.message.contains("heldout, train") == true)
    #expect(throws: ExperimentError.self) {
      try held("heldout", roles.map { $0 == .harmful ? "heldout" : "train" })
    }
  }

  @Test(arguments: [2, 3]) func `Threads change nothing`(threads: Int) throws {
    let (one, many) = (try layers(), try layers(threads: threads))
    #expect(one.map(\.identity) == many.map(\.identity))
    #expect(one.map(\.distances) == many.map(\.distances))
  }
}
