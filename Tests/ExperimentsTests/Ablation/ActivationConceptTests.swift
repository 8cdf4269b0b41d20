import ExemplarPartitioning
import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

/// What counts in an answer by the model's activations over it.
struct ActivationConceptTests {
  private let setup = AblationSetup(
    target: .regions([0]), basis: .exemplar, null: .random, depth: .generate)

  /// Activations over an answer's own tokens, one answer at a time.
  private func rows(
    _ answer: Answer, of prompt: AblationPrompt, _ condition: RunCondition,
    _ fixture: AblationFixture
  ) throws -> [[Float]] {
    let before = try fixture.material().tokens(of: prompt)
    let hook = AblationFixture.hook
    let output = try fixture.transformer.forward(
      .tokens([before + answer.tokens]), reading: [hook],
      editing: condition.edits, logits: .none)
    let all = try #require(output.hooks[hook])
    let width = fixture.transformer.configuration.hiddenSize
    return (before.count..<before.count + answer.tokens.count).map {
      Array(all[$0 * width..<($0 + 1) * width])
    }
  }

  /// Whether each answer counts, by `isCounted` of its rows, beside what the runner says.
  private func check(
    _ concept: String, _ fixture: AblationFixture, _ isCounted: ([[Float]]) -> Bool
  ) throws -> AblationResult {
    let runner = try fixture.runner()
    var result = try runner.run(setup)
    try runner.count(try AnswerConcept(concept), in: &result)
    let conditions = try runner.conditions(
      setup, try runner.subject.directions(setup), at: AblationFixture.hook.name)
    let prompts = try runner.subject.evaluated(setup)
    for (prompt, found) in zip(prompts, result.prompts) {
      for condition in conditions {
        let answer = try #require(found.answers[condition.name])
        let expected = isCounted(try rows(answer, of: prompt, condition, fixture))
        #expect(answer.isCounted == expected, "\(concept) \(prompt.id) \(condition.name)")
      }
    }
    return result
  }

  @Test func `an answer enters a region where one of its tokens does, under the edit`() throws {
    // So wide that some of the answers' tokens are within θ, and others are not.
    var options = AblationFixture.Options()
    options.threshold = 0.8
    let fixture = try AblationFixture(options)
    let dictionary = try fixture.dictionary.load()
    let width = dictionary.dimension
    func nearest(_ row: [Float]) -> (region: Int, distance: Double) {
      let centred = zip(row, dictionary.centre).map { Double($0) - Double($1) }
      let norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return dictionary.exemplars.withUnsafeBufferPointer { exemplars in
        (0..<dictionary.count).map { region in
          let dot = (0..<width).reduce(0.0) {
            $0 + Double(exemplars[region * width + $1]) * centred[$1]
          }
          return (region, 1 - dot / norm)
        }.min { $0.1 < $1.1 } ?? (-1, 0)
      }
    }
    var seen: Set<Bool> = []
    let result = try check("region: 0", fixture) { rows in
      let isIn = rows.contains {
        let (region, distance) = nearest($0)
        return region == 0 && distance <= options.threshold
      }
      seen.insert(isIn)
      return isIn
    }
    // It has to be able to say both.
    #expect(seen == [true, false])
    #expect(result.conceptRemarks.first?.contains("that enter region 0 (at blocks.1") == true)
    #expect(result.command.contains("--counts-as 'region: 0'"))
    let again = try AblationResult(savedContent: try result.savedContent(), id: 1)
    let concept = try #require(result.counting)
    func json(_ result: AblationResult) -> String {
      JSONValue(encoding: AblationRecord.Concept(result, concept)).text
    }
    #expect(again.counting == concept && json(again) == json(result))
    #expect(json(result).contains("\"measuredAt\":\"blocks.1.hook_resid_post\""))
  }

  @Test func `a probe reads the mean of an answer's tokens`() throws {
    let fixture = try AblationFixture()
    let width = fixture.transformer.configuration.hiddenSize
    let weights = (0..<width).map { Float(($0 * 7) % 5) - 2 }
    func mean(_ rows: [[Float]]) -> Double {
      (0..<width).reduce(0.0) { sum, d in
        sum + Double(weights[d]) * rows.reduce(0.0) { $0 + Double($1[d]) } / Double(rows.count)
      }
    }
    // A bias in the midst of what the answers give, so that it has to be able to say both.
    let runner = try fixture.runner()
    let prompts = try runner.subject.evaluated(setup)
    let bare = try runner.run(setup)
    let scores = try zip(prompts, bare.prompts).map { prompt, found in
      mean(
        try rows(
          try #require(found.answers[.baseline]), of: prompt, RunCondition(.baseline), fixture))
    }.sorted()
    let bias = Float(-(scores[5] + scores[6]) / 2)
    let url = fixture.folder.file("probe.safetensors")
    try SafetensorsWriter.write(weights, bias, to: url)
    var seen: Set<Bool> = []
    let result = try check("probe: \(url.path(percentEncoded: false))", fixture) { rows in
      let isPositive = mean(rows) + Double(bias) > 0
      seen.insert(isPositive)
      return isPositive
    }
    #expect(seen == [true, false])
    // Another file under the same name is not the probe of the experiment.
    let saved = try #require(result.counting)
    try runner.subject.check(saved)
    try SafetensorsWriter.write(weights, bias + 1, to: url)
    #expect(throws: ExperimentError.self) { try runner.subject.check(saved) }
  }

  @Test func `what cannot be read off an answer's activations is refused by name`() throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    func reason(_ concept: String, _ runner: AblationRunner, _ setup: AblationSetup) throws
      -> String
    {
      var result = try runner.run(setup)
      do {
        try runner.count(try AnswerConcept(concept), in: &result)
        return ""
      } catch { return "\(error)" }
    }
    var resume = setup
    resume.depth = .resume
    #expect(try reason("region: 1", runner, resume).contains("expected depth generate"))
    #expect(try reason("region: 2", runner, setup).contains("expected regions of 0…1, found 2"))
    let probes = Fixtures.url("probes").path(percentEncoded: false)
    #expect(
      try reason("probe: \(probes)/linear.safetensors", runner, setup).contains("components"))
    #expect(try reason("probe: \(probes)/absent.npz", runner, setup).contains("no such file"))
    #expect(throws: ExperimentError.self) { try AnswerConcept("region: 1").isIn("text") }
  }

  @Test func `probes of torch and scikit-learn say what those libraries say`() throws {
    let data = try Data(contentsOf: Fixtures.url("probes/expected.json"))
    let expected = try #require(
      try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let rows = try #require(expected["rows"] as? [[Double]])
    for name in ["logistic.npz", "linear.safetensors", "direction.npy"] {
      let probe = try LinearProbe(Fixtures.url("probes/\(name)"))
      let said = try #require(expected[name] as? [Bool])
      #expect(rows.map { probe.isPositive($0) } == said, "\(name)")
      #expect(Set(said).count == 2)
    }
  }

  @Test(arguments: [
    ("probes/two.safetensors", "one output"), ("probes/expected.json", "expected a probe in"),
    ("models/tiny-llama/model.safetensors", "expected a probe: weight"),
  ])
  func `a file that is no probe of one output is refused`(_ path: String, _ reason: String) {
    do {
      _ = try LinearProbe(Fixtures.url(path))
      Issue.record("\(path) was taken")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }
}

extension SafetensorsWriter {
  fileprivate static func write(_ weights: [Float], _ bias: Float, to url: URL) throws {
    try write(
      [
        ("weight", SafetensorsTensor(weights, shape: [1, weights.count])),
        ("bias", SafetensorsTensor([bias], shape: [1])),
      ], to: url)
  }
}
