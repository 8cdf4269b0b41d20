import ArgumentParser
import Experiments
import Foundation
import Storage

struct Steer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Add a region's direction to the model and see what happens to refusals.",
    discussion: """
      x ← x + α · direction at every position, one run for each --alpha; the control is steered by as much. Reads as \
      ablate does.

      With --json: one object.

      Example:
      exemplar steer sample-dicts/smollm2-refusal.last.p10.epdict --store \\
        sample-dicts/smollm2-refusal.epstore --region 3 --alpha 4 8 16
      """)

  @OptionGroup var options: AblationOptions

  @Option(
    name: [.customLong("region"), .customLong("regions")], help: "The region to steer along.")
  var region: Int

  @Option(
    parsing: .upToNextOption, help: "Strengths, in units of the residual stream: 4 8 16, or 4,8,16."
  )
  var alpha: [String]

  func validate() throws {
    guard region >= 0 else { throw ValidationError("expected a region's id") }
    _ = try alphas()
  }

  private func alphas() throws -> [Float] {
    let values = try alpha.flatMap { $0.split(separator: ",") }.map { text in
      guard let value = Float(text), value.isFinite else {
        throw ValidationError("--alpha: expected numbers such as 4 8 16")
      }
      return value
    }
    guard !values.isEmpty else { throw ValidationError("expected an --alpha") }
    return values
  }

  func run() throws {
    Interruption.watch()
    let alphas = try alphas()
    let setup = try options.setup(.steer(alpha: 0), target: .regions([region]))
    let line = ProgressLine(isQuiet: options.style.quiet)
    let runner = try options.runner(setup)
    var results: [AblationResult] = []
    for (alpha, step) in zip(alphas, runner.sweep(setup, alphas: alphas).steps) {
      results.append(
        try options.run(
          runner, step.setup, line, prefix: "α \(formatted(Double(alpha))), ", after: results))
    }
    results = try options.judge(results, line)
    line.clear()
    let kept = try options.keep(results)
    guard let first = kept.first?.result else { return }
    if options.style.json {
      JSONValue.object(
        first.headJSON + [
          (
            "alphas",
            .array(
              zip(alphas, kept).map { alpha, kept in
                .object(
                  [
                    ("alpha", .number(Double(alpha))),
                    ("experiment", .optional(kept.id.map(Int.init))),
                  ]
                    + kept.result.entries(texts: options.texts).filter { $0.0 != "alpha" })
              })
          )
        ]
      ).print()
      return
    }
    for one in kept {
      options.show(one)
      print("")
    }
  }
}
