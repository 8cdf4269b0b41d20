import Foundation
import Numerics
import TestSupport
import Testing

@testable import ExemplarPartitioning
@testable import Experiments

@Suite struct SaturationTests {
  private func growth(_ batches: [[Int32]]) -> SaturationGrowth {
    var growth = SaturationGrowth()
    for ids in batches {
      growth.add(BatchSummary(ids: ids, distances: ids.map { _ in 0 }, founded: 0))
    }
    return growth
  }

  @Test func `Regions after so many activations are those founded by rows before`() {
    let growth = growth([[0, 1, 0], [1, 2, 2, 3], [3, 0]])
    #expect(growth.founders == [0, 1, 4, 6])
    #expect((0...9).map { growth.regions(after: $0) } == [0, 1, 2, 2, 2, 3, 3, 4, 4, 4])
    #expect(growth.points.map(\.regions) == [2, 4, 4])
    #expect(growth.points.map(\.foundingRate) == [2.0 / 3, 0.5, 0])
    #expect(growth.foundingRate(before: 7) == 1)
  }

  @Test func `A build saturates after a window of batches in a row that founded nothing`() {
    let growth = growth([[0], [0], [1], [0], [1], [0]])
    #expect(growth.saturation(window: 1)?.activations == 2)
    #expect(growth.saturation(window: 2)?.activations == 5)
    #expect(growth.saturation(window: 4) == nil)
  }

  private func stream(_ name: String, _ sizes: [Int], first: Float) -> SaturationStream {
    var rows = ActivationRows()
    var (values, owners) = ([Float](), [Int32]())
    for (document, size) in sizes.enumerated() {
      for row in 0..<size {
        let angle = first + Float(document) * 0.7 + Float(row) * 0.05
        values += [cos(angle), sin(angle), 0.3 * first]
        owners.append(Int32(document))
      }
    }
    rows.append(
      ActivationBatch(
        rows: values, count: owners.count, documentOfRow: owners,
        documents: sizes.indices.map { "\(name) \($0)" }))
    return SaturationStream(name: name, rows: rows)
  }

  @Test func `Documents without rows keep their place in a batch, as in the reference`() throws {
    let deck = SaturationDeck(
      streams: [stream("a", [2, 0, 3, 1], first: 0)], documentsPerBatch: 2)
    var sizes: [Int] = []
    deck.forEachBatch(deck.documents(of: 0, seed: nil)) { sizes.append($0.count) }
    #expect(sizes == [2, 4])
  }

  @Test func `A deal shares out every stream's documents, as many activations a hand`() throws {
    let streams = [stream("a", [5, 4, 3], first: 0), stream("b", [7, 7, 7, 2], first: 2)]
    let deck = SaturationDeck(streams: streams, documentsPerBatch: 2)
    let hands = deck.dealt(12, seed: 4)
    #expect(hands.map { $0.reduce(0) { $0 + $1.rows.count } } == [12, 12])
    let taken = hands.flatMap { $0 }.flatMap { document in
      document.rows.map { [document.stream, $0] }
    }
    #expect(Set(taken).count == 24)
    #expect(Set(hands[0].map(\.stream) + hands[1].map(\.stream)) == [0, 1])
    #expect(
      deck.dealt(12, seed: 5).map { $0.map(\.rows.count) } != hands.map { $0.map(\.rows.count) })
  }

  @Test func `Streams of one kind differ by no more than deals do, and of two kinds by more`()
    throws
  {
    let narrow = stream("narrow", [Int](repeating: 4, count: 30).map { $0 }, first: 0)
    var options = Saturation.Options()
    (options.orders, options.deals, options.documentsPerBatch) = (6, 19, 4)
    let calibration = Calibration(
      centre: [0, 0, -1], threshold: 0.02, activationCount: nil, percentile: nil)
    let same = try Saturation.run(
      [narrow, narrow], calibration: calibration, percentile: 10, options)
    let difference = try #require(same.differences.first)
    #expect(difference.regions.mean == 0 && difference.p == 1)
    let single = stream("single", [Int](repeating: 1, count: 120), first: 0)
    let flat = SaturationStream(
      name: "flat", rows: try #require(repeated(single, count: 120)))
    let other = try Saturation.run(
      [narrow, flat], calibration: calibration, percentile: 10, options)
    let seen = try #require(other.differences.first)
    #expect(seen.regions.mean > 0 && seen.p == 0.05, "\(seen)")
    #expect(other.streams[0].identity != other.streams[1].identity)
  }

  /// The first row so many times, a document each.
  private func repeated(_ stream: SaturationStream, count: Int) -> ActivationRows? {
    var rows = ActivationRows()
    let first = stream.rows.rows(at: [0])
    rows.append(
      ActivationBatch(
        rows: (0..<count).flatMap { _ in first }, count: count,
        documentOfRow: (0..<count).map(Int32.init), documents: (0..<count).map { "\($0)" }))
    return rows
  }
}
