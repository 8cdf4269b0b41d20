import Foundation
import LanguageModel
import Numerics
import TestSupport
import Testing

@testable import Experiments

@Suite struct TraceTests {
  private func model() throws -> Transformer {
    try Transformer(Fixtures.url("models/tiny-llama").path(percentEncoded: false), threads: 2)
  }

  @Test func `A session that reuses a prefix reads what a fresh pass reads`() throws {
    let transformer = try model()
    let hooks = [HookPoint.residualPost(layer: 0), .residualPost(layer: 1)]
    let session = try PrefixSession(transformer, reading: hooks)
    let long = (0..<300).map { ($0 * 7 + 3) % 50 }
    var held: [HookPoint: [Float]] = [:]
    for tokens in [[1, 2, 3], [1, 2, 3, 4], [1, 2, 9, 9, 9], [5], Array(long.prefix(90))] {
      let update = try session.update(tokens)
      let fresh = try transformer.forward(.tokens([tokens]), reading: hooks, logits: .none)
      for hook in hooks {
        let width = transformer.configuration.width(at: hook)
        held[hook] =
          Array((held[hook] ?? []).prefix(update.reused * width)) + (update.hooks[hook] ?? [])
        #expect(largestDifference(held[hook] ?? [], fresh.hooks[hook] ?? [-1]) < 1e-4)
      }
    }
    #expect(try session.update([5]).reused == 0)
    #expect(try session.update([5, 6]).reused == 1)
    #expect(try session.update([]).reused == 0)
    #expect(session.tokens.isEmpty)
  }

  @Test func `A session grows past its first room, up to the model's context`() throws {
    let transformer = try model()
    let hook = HookPoint.residualPost(layer: 1)
    let context = transformer.configuration.contextLength
    let tokens = (0..<min(context, 400)).map { ($0 * 7 + 3) % 50 }
    let session = try PrefixSession(transformer, reading: [hook])
    _ = try session.update(Array(tokens.prefix(tokens.count - 5)))
    let update = try session.update(tokens)
    #expect(update.reused == tokens.count - 5)
    let fresh = try transformer.forward(.tokens([tokens]), reading: [hook], logits: .none)
    let tail = Array((fresh.hooks[hook] ?? []).suffix((update.hooks[hook] ?? []).count))
    #expect(largestDifference(update.hooks[hook] ?? [], tail) < 1e-4)
    #expect(throws: ModelError.self) {
      _ = try session.update([Int](repeating: 1, count: context + 1))
    }
  }

  @Test func `Paths are summed up by category`() {
    func path(_ id: String, _ category: String, _ regions: [Int]) -> Trajectories.Path {
      Trajectories.Path(
        id: id, category: category, regions: regions, distances: regions.map { _ in 0 })
    }
    let trajectories = Trajectories([
      path("1", "code", [0, 5]), path("2", "code", [0, 6]), path("3", "code", [1, 5]),
      path("4", "fact", [1, 5]), path("5", "fact", [2, 5]),
    ])
    #expect(trajectories.categories == ["code", "fact"])
    #expect(
      trajectories.dominant(in: 0) == [
        .init(category: "code", region: 0, count: 2, total: 3),
        .init(category: "fact", region: 1, count: 1, total: 2),
      ])
    #expect(trajectories.overlap("code", "fact", in: 0) == 1.0 / 3)
    #expect(trajectories.overlap("code", "fact", in: 1) == 0.5)
    #expect(trajectories.distinctPaths("code") == 3)
    #expect(trajectories.flows(from: 0).first?.count == 1)
    #expect(trajectories.flows(from: 0).map(\.from) == [0, 0, 1, 1, 2])
  }

  @Test func `Categories that never meet share less than dealt prompts do`() {
    func trajectories(_ region: (Int) -> Int) -> Trajectories {
      Trajectories(
        (0..<40).map {
          Trajectories.Path(
            id: "\($0)", category: $0 % 2 == 0 ? "code" : "fact", regions: [region($0)],
            distances: [0])
        })
    }
    let apart = trajectories { $0 % 2 * 10 + $0 / 2 % 5 }.sharing(in: 0)
    #expect(apart.count == 1 && apart[0].overlap == 0)
    #expect(apart[0].nullMean > 0.5 && apart[0].p < 0.01)
    let mixed = trajectories { $0 / 2 % 5 }.sharing(in: 0)
    #expect(mixed[0].overlap == 1 && mixed[0].p == 1)
    #expect(mixed == trajectories { $0 / 2 % 5 }.sharing(in: 0))
  }

  @Test func `The lens is the model's own end`() throws {
    let transformer = try model()
    let configuration = transformer.configuration
    let last = HookPoint.residualPost(layer: configuration.layerCount - 1)
    let output = try transformer.forward(.tokens([[1, 2, 3]]), reading: [last], logits: .all)
    let lens = transformer.lens(output.hooks[last] ?? [], count: 3)
    #expect(largestDifference(lens, output.logits) < 1e-4)
  }
}

@Suite struct TokenFlowTests {
  @Test func `tokens that share a region are kept, split, merged or both`() {
    let flow = TokenFlow(
      from: [1, 1, 2, 2, 3, 3, 4, 5, 5, 6, nil, 7],
      to: [11, 11, 12, 13, 14, 14, 14, 15, 16, 16, 17, nil])
    #expect(
      flow.categories == [
        .kept, .kept, .split, .split, .merged, .merged, .merged, .mixed, .mixed, .merged, .outside,
        .outside,
      ])
    #expect(flow.links.first == .init(from: 1, to: 11, positions: [0, 1]))
    #expect(flow.counts[.kept] == 2)
    #expect(flow.counts.values.reduce(0, +) == 12)
  }

  @Test func `one token by itself says nothing of company`() {
    #expect(TokenFlow(from: [3], to: [5]).categories == [.single])
    #expect(TokenFlow(from: [], to: []).categories.isEmpty)
  }

  @Test func `prompts in two regions have a distance, and no interval of it`() {
    func found(_ regions: [Int]) -> Trajectories.Categories {
      let paths = regions.enumerated().map { index, region in
        Trajectories.Path(id: "\(index)", category: "a", regions: [region], distances: [0])
      }
      return Trajectories(paths).categories(in: 0) { 0.5 + Double(abs($0 - $1)) / 10 }
    }
    let two = found([0, 0, 0, 1, 1])
    #expect(abs((two.cohesion[0].distance ?? .nan) - 0.6) < 1e-12)
    #expect(two.cohesion[0].interval == nil && two.cohesion[0].prompts == 5)
    // All are of the one category.
    #expect(two.purity.share == 1 && two.purity.interval == nil)
    #expect(found([0, 1, 2, 0, 1]).cohesion[0].interval != nil)
  }
}
