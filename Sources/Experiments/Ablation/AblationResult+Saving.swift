import Foundation
import Numerics
import Storage

/// An experiment in the few figures that a list has room for.
package struct AblationHeadline: Sendable, Equatable, Codable {
  package var setup: AblationSetup
  package var regions: [Int]
  /// Where the model was edited.
  package var at: String
  /// The prompts that the intervention aims at, and how many they are.
  package var role: AblationPrompt.Role
  package var count: Int
  /// How many of them refuse, by what the depth knows; `nil` where nothing is known.
  package var baseline: Int?
  package var treated: Int?
  package var control: Int?
  /// Degenerate answers under the edit, of both roles; `nil` where nothing was generated.
  package var degenerate: Int?
  /// The series that it is a step of.
  package var sweep: SweepPlace?

  /// `harmful prompts refused 45 → 12 of 50, with the control 44`; `nil` where nothing is known.
  package var words: String? {
    guard let baseline, let treated else { return nil }
    let verb =
      switch setup.depth {
      case .generate: "refused"
      case .resume: "refuse by their first token"
      case .geometry: "predicted to refuse"
      }
    return "\(role.rawValue) prompts \(verb) \(baseline) → \(treated) of \(count)"
      + (control.map { ", with the control \($0)" } ?? "")
  }
}

extension AblationResult {
  /// Prompts that refuse, by what the depth knows: answers, first tokens, or a prediction.
  package func refusing(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> Proportion? {
    switch setup.depth {
    case .generate: return counts(condition, role)?.refusal
    case .resume: return firstTokenRefusal(condition, role)
    case .geometry:
      let predicted = predictions(condition, role)
      return predicted.isEmpty
        ? nil : Proportion(predicted.count { $0 >= 0.5 }, of: predicted.count)
    }
  }

  /// What the readout predicts of stored activations beside what was measured, a condition each; `nil` where one of the
  /// two is not known. The two are never added up, and the headline is of what was measured.
  package func predictedBesideMeasured(_ role: AblationPrompt.Role) -> String? {
    guard setup.depth != .geometry else { return nil }
    let parts = conditions.compactMap { condition -> String? in
      let predicted = predictions(condition, role)
      guard !predicted.isEmpty, let measured = refusing(condition, role) else { return nil }
      return "\(name(condition)) \(predicted.count { $0 >= 0.5 })/\(predicted.count) beside "
        + "\(measured.successes)/\(measured.count)"
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// The prompts that the intervention aims at: a steering is read on benign ones, but one against a refusal direction
  /// on harmful ones.
  package var aimedAt: AblationPrompt.Role {
    guard case .steer(let alpha) = setup.intervention else { return .harmful }
    return target.directions != nil && alpha < 0 ? .harmful : .benign
  }

  package var headline: AblationHeadline {
    func refused(_ condition: AblationCondition) -> Int? {
      refusing(condition, aimedAt)?.successes
    }
    let degenerate = AblationPrompt.Role.allCases
      .compactMap { counts(treated, $0)?.degenerate }
    return AblationHeadline(
      setup: setup, regions: target.regions, at: actionHook, role: aimedAt,
      count: prompts.count { $0.role == aimedAt }, baseline: refused(.baseline),
      treated: refused(treated), control: refused(.null),
      degenerate: degenerate.isEmpty ? nil : degenerate.reduce(0, +), sweep: sweep)
  }

  // MARK: - The notebook's copy

  /// Keeps the experiment in the notebook, with every number and where it comes from; of answers the first words, and
  /// the hash by which their whole text is known again.
  ///
  /// - Returns: its id.
  @discardableResult
  package func save(to notebook: Notebook, at date: Date = Date()) throws -> Int64 {
    try notebook.save(
      SavedExperiment(
        identity: provenance.identity, kind: treated == .steered ? .steering : .ablation,
        title: title, conclusion: conclusion.sentence, isComplete: isComplete, date: date),
      content: try savedContent())
  }

  /// What ``json(texts:)`` gives but for the prompts, which `record` has, and the figures of a list.
  package func savedContent() throws -> String {
    // The verdicts of a person change after an experiment; only the classifier's belong to it.
    var result = self
    result.judge([:], counting: false)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = Self.notFinite
    func encoded(_ value: some Encodable) throws -> JSONValue {
      .encoded(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
    let head = AblationRecord.Head(result)
    var outcome = AblationRecord.Outcomes(result)
    outcome.prompts = nil
    return JSONValue.object(
      [("headline", try encoded(result.headline))] + JSONValue(encoding: head).entries
        + JSONValue(encoding: outcome).entries + [("record", try encoded(result))]
    ).text
  }

  private static let notFinite = JSONEncoder.NonConformingFloatEncodingStrategy
    .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

  /// Reads an experiment back from what the notebook keeps of it.
  ///
  /// - Throws: `ExperimentError.missing` for one that an earlier version kept without its prompts, `invalidValue` for
  ///   content that is not an experiment's.
  package init(savedContent content: String, id: Int64) throws {
    struct Saved: Decodable {
      var record: AblationResult?
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let saved: Saved
    do {
      saved = try decoder.decode(Saved.self, from: Data(content.utf8))
    } catch {
      throw ExperimentError(
        .invalidValue, "experiment \(id) cannot be read", file: "notebook")
    }
    guard let record = saved.record else {
      throw ExperimentError(
        .missing,
        "experiment \(id) was kept by an earlier version, without its prompts: run it again",
        file: "notebook")
    }
    self = record
  }

  /// The experiment of that number, and the line of the list that it has.
  ///
  /// - Throws: `ExperimentError.missing` where there is none, or one of another kind, or of another dictionary.
  package static func saved(
    _ id: Int64, in notebook: Notebook, on identity: String? = nil
  ) throws -> (result: AblationResult, entry: SavedExperiment) {
    guard let entry = try notebook.experiments(on: identity).first(where: { $0.id == id }),
      let content = try notebook.content(ofExperiment: id)
    else {
      throw ExperimentError(
        .missing,
        "expected the number of a saved experiment"
          + (identity == nil ? "" : " on this dictionary") + ", found \(id)", file: "notebook")
    }
    guard entry.kind == .ablation || entry.kind == .steering else {
      throw ExperimentError(
        .mismatch,
        "expected an ablation or a steering, but experiment \(id) is of kind "
          + entry.kind.rawValue, file: "notebook")
    }
    return (try AblationResult(savedContent: content, id: id), entry)
  }
}

extension SavedExperiment {
  /// The figures of an ablation or a steering; `nil` for other kinds and for those of earlier versions.
  package var ablation: AblationHeadline? {
    guard let headline, kind == .ablation || kind == .steering else { return nil }
    return try? JSONDecoder().decode(AblationHeadline.self, from: Data(headline.utf8))
  }
}

extension AblationRunner {
  /// Puts whole answers back into an experiment that was read from the notebook, from those kept beside the store.
  package func complete(_ result: inout AblationResult) throws {
    guard result.setup.depth == .generate, let maxNewTokens = result.maxNewTokens,
      let identity = result.provenance.modelIdentity,
      let folder = subject.material.journalFolder
    else { return }
    let conditions = try conditions(
      result.setup, try subject.directions(result.setup), at: result.actionHook)
    let stored = Dictionary(
      subject.material.prompts.map { ($0.id, $0.baseline?.text) },
      uniquingKeysWith: { first, _ in first })
    for condition in conditions {
      let kept = try GenerationJournal(
        folder: folder, model: identity, edits: condition.edits, maxNewTokens: maxNewTokens
      ).entries()
      for index in result.prompts.indices {
        let id = result.prompts[index].id
        let text =
          result.prompts[index].answers[condition.name]?.origin == .store
          ? stored[id] ?? nil
          : kept[id].flatMap { entry in
            entry.text ?? model.map { $0.tokenizer.decode(entry.tokens, skipSpecial: true) }
          }
        result.prompts[index].answers[condition.name]?.complete(with: text)
      }
    }
  }
}
