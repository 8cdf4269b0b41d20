import Foundation
import Storage
import Testing

@testable import Experiments

@Suite("Baselines beside a region")
struct BaselineTests {
  private func run(_ change: (inout AblationSetup) -> Void = { _ in }) throws -> (
    AblationFixture, AblationResult
  ) {
    let fixture = try AblationFixture()
    var setup = AblationSetup(target: .regions([0]), null: .region(1), seed: 3)
    setup.hasBaselines = true
    change(&setup)
    return (fixture, try fixture.runner(model: false).run(setup))
  }

  @Test("stand behind the control, on the same prompts, each under its name")
  func conditions() throws {
    let (_, result) = try run()
    #expect(result.conditions == [.baseline, .ablated, .null, .diffmean, .random])
    for prompt in result.prompts { #expect(prompt.landings.count == 5) }
    let names = Set(result.table.dropFirst().map { $0[0].prefix { $0 != "," } }.map(String.init))
    #expect(names.isSuperset(of: ["difference of means", "random direction", "null region 1"]))
    let json = result.json().text
    for key in [#""diffmean":{"#, #""random":{"#, #""null":{"#] { #expect(json.contains(key)) }
    #expect(result.notices.contains { $0.hasPrefix("diffmean: the mean final position of") })
    #expect(result.notices.contains { $0 == "random: 1 random direction, seed 3, edited likewise" })
    #expect(result.command.contains("--baselines"))
    #expect(result.command.contains("--seed 3"))
  }

  @Test("are not run unless asked for, and random ones not twice")
  func asked() throws {
    let (_, without) = try run { $0.hasBaselines = nil }
    #expect(without.conditions == [.baseline, .ablated, .null])
    #expect(!without.command.contains("--baselines"))
    let (_, random) = try run { $0.null = .random }
    #expect(random.conditions == [.baseline, .ablated, .null, .diffmean])
  }

  @Test(
    "take out the direction between the two means: behind it the sets have the same mean along it")
  func direction() throws {
    let (fixture, _) = try run()
    let subject = try fixture.runner(model: false).subject
    var setup = AblationSetup(target: .regions([0]))
    setup.hasBaselines = true
    let found = try subject.directions(setup).baselines
    let direction = try #require(found.first { $0.condition == .diffmean }?.subspace.rows)
    func mean(_ role: AblationPrompt.Role) throws -> [Double] {
      let prompts = subject.training.filter { $0.role == role }
      let rows = try subject.material.lastRows(subject.hook, of: prompts)
      return direction.indices.map { d in
        stride(from: d, to: rows.count, by: direction.count).reduce(0) { $0 + Double(rows[$1]) }
          / Double(prompts.count)
      }
    }
    let difference = zip(try mean(.harmful), try mean(.benign)).map { $0 - $1 }
    let length = difference.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let cosine = zip(difference, direction).reduce(0) { $0 + $1.0 * Double($1.1) } / length
    #expect(abs(cosine - 1) < 1e-5)
    #expect(length > 0)
  }
}
