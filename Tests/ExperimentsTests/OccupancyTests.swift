import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Experiments

/// Regions are ranked by what a child has more of than its parent, with a null that pays for looking at all of them.
struct OccupancyTests {
  @Test func `rows are counted, and regions of the child alone are listed by its rows`() {
    let occupancy = Occupancy(
      parent: [0, 0, 1, 1, 2, 2], child: [0, 3, 3, 4, 2, 3],
      distances: ([0, 0, 0, 0, 0, 0], [0, 0.5, 0.25, 0, 0, 0.25]), prompts: [0, 1, 1, 2, 3, 3],
      permutations: 0)
    #expect(occupancy.regions.map(\.example) == [1, 2, 0, 3, 1])
    #expect(occupancy.regions.map(\.id) == [3, 4, 0, 2, 1])
    #expect(occupancy.regions.map(\.difference) == [3, 1, -1, -1, -2])
    #expect(occupancy.added.map(\.id) == [3, 4])
    #expect(occupancy.regions[0].prompts == 2 && occupancy.moved == 4)
    #expect(occupancy.regions.allSatisfy { $0.p == nil })
  }

  @Test func `a region that gains by one row of many is chance, one that gains all is not`() {
    let parent = (0..<60).map { Int32($0 % 6) }
    var child = parent
    let zeros = [Float](repeating: 0, count: 60)
    for row in 0..<30 { child[row] = 9 }
    for row in 30..<60 where row % 2 == 0 { child[row] = Int32((row + 1) % 6) }
    let occupancy = Occupancy(
      parent: parent, child: child, distances: (zeros, zeros), prompts: Array(0..<60),
      permutations: 500, seed: 3)
    let planted = occupancy.regions[0]
    #expect(planted.id == 9 && planted.isAdded && planted.p ?? 1 < 0.01)
    #expect(occupancy.regions.dropFirst().allSatisfy { $0.p ?? 0 > 0.05 })
  }

  @Test func `the same seed gives the same null, and p is never zero`() {
    let parent = [Int32](repeating: 0, count: 40)
    let child = (0..<40).map { Int32($0 < 25 ? 1 : 0) }
    let zeros = [Float](repeating: 0, count: 40)
    func run(_ seed: UInt64) -> Occupancy {
      Occupancy(
        parent: parent, child: child, distances: (zeros, zeros), prompts: Array(0..<40),
        permutations: 99, seed: seed)
    }
    #expect(run(1) == run(1))
    #expect(run(1).regions.allSatisfy { $0.p ?? 0 >= 0.01 })
  }
}

/// What a region's rows say in tokens, against numpy on the weights of a tiny model.
struct OccupancyReadoutTests {
  private struct Golden: Decodable {
    struct Top: Decodable {
      var ids: [Int]
      var scores: [Double]
      var rankOf5And9: Int
    }
    struct Region: Decodable {
      var region: Int
      var direction: [Double]
      var raw: [Double]
      var embedding: Top
      var rawMean: Top
      var lens: Top
    }
    var rows: [Float]
    var assigned: [Int32]
    var centre: [Float]
    var asked: [Int]
    var found: [Region]
  }

  @Test func `directions, tokens and ranks are those of the definitions`() throws {
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("occupancy/occupancy.json")))
    let directions = ChildDirections(
      rows: golden.rows, assigned: golden.assigned, centre: golden.centre, regions: golden.asked)
    // A region without rows of the child has nothing to say.
    #expect(directions.regions == golden.found.map(\.region))
    #expect(directions.regions.count == golden.asked.count - 1)
    let folder = try TemporaryFolder()
    try TinyModel.write(to: folder.file("model"), model: "tiny-gemma2")
    let engine = try Transformer(ModelDescription(.hub(folder.file("model"))), threads: 1)
    let readout = try OccupancyReadout(directions, engine, file: "x.epdict")
    let width = golden.centre.count
    for (index, known) in golden.found.enumerated() {
      for (part, expected) in [
        (directions.centred, known.direction), (directions.raw, known.raw),
      ] {
        for (a, b) in zip(part[index * width..<(index + 1) * width], expected) {
          #expect(abs(Double(a) - b) < 1e-6)
        }
      }
      for (kind, expected) in [
        (OccupancyReadout.Kind.embedding, known.embedding), (.rawMean, known.rawMean),
        (.lens, known.lens),
      ] {
        let top = readout.top(6, of: known.region, kind)
        #expect(top.map(\.id) == expected.ids, "\(kind)")
        let scale = kind == .lens ? max(1, abs(expected.scores[0])) : 1
        for (a, b) in zip(top, expected.scores) {
          #expect(abs(Double(a.score) - b) < 1e-6 * scale, "\(kind)")
        }
        #expect(readout.rank(of: [5, 9], in: known.region, kind) == expected.rankOf5And9)
      }
    }
    #expect(readout.top(6, of: 3, .lens).isEmpty && readout.rank(of: [5], in: 3, .lens) == nil)
    let narrow = ChildDirections(
      rows: [1, 2, 3, 4], assigned: [0, 0], centre: [0, 0], regions: [0])
    #expect(throws: ExperimentError.self) {
      try OccupancyReadout(narrow, engine, file: "x.epdict")
    }
  }
}
