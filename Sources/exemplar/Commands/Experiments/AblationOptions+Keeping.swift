import ArgumentParser
import Experiments
import Explorer
import Foundation
import Numerics
import Storage
import TensorFiles

/// An experiment with its number in the notebook.
struct SavedAblation {
  var result: AblationResult
  /// `nil` where it was not saved.
  var id: Int64?

  func record(texts: Bool) -> NumberedAblationRecord {
    NumberedAblationRecord(id, result, texts: texts)
  }
}

extension AblationOptions {
  /// Whether anything but what a saved experiment leaves open was asked for.
  var isSetup: Bool {
    basis != .mean || null != "auto" || depth != nil || maxNewTokens != nil || prompts != "heldout"
      || limit != nil || at != nil || classifier != nil || seed != 0 || otherModel || baselines
      || templates.areGiven || countsAs != nil
  }

  /// Puts a person's verdicts beside the classifier's, saves experiments in the notebook, and writes a report where
  /// one was asked for.
  ///
  /// A notebook that cannot be opened takes no result away: it is said, and the result goes on without a number.
  ///
  /// - Parameter reporting: whether the report is written.
  func keep(_ results: [AblationResult], reporting: Bool = true) throws -> [SavedAblation] {
    var saved = results.map { SavedAblation(result: $0) }
    if !noSave || withVerdicts {
      do {
        let notebook = try openNotebook()
        defer { tellNews(of: notebook) }
        for index in saved.indices {
          if !noSave { saved[index].id = try saved[index].result.save(to: notebook) }
          try saved[index].result.judge(by: notebook, counting: withVerdicts)
        }
      } catch {
        guard !withVerdicts else { throw error }
        StandardError.print("exemplar: the experiment was not saved: \(oneLine(words(of: error)))")
      }
    }
    if let report, reporting {
      try TextFile.write(
        saved.map(\.result.markdown).joined(separator: "\n"), to: URL(filePath: report))
    }
    if reporting, let first = saved.first {
      try page.write {
        var whole = first.result.page
        for other in saved.dropFirst() {
          whole.blocks += [.heading(other.result.title)] + other.result.page.blocks
        }
        return whole
      }
    }
    return saved
  }

  /// Tells a person.
  func show(_ saved: SavedAblation) {
    var said: Set<String> = []
    show(saved, saidBefore: &said)
  }

  func show(_ saved: SavedAblation, saidBefore said: inout Set<String>) {
    show(saved.result, saidBefore: &said)
    if let id = saved.id { print("saved as experiment \(id)") }
  }
}

extension AblationResult {
  /// Takes in the verdicts that the notebook has on the answers of this experiment's store.
  mutating func judge(by notebook: Notebook, counting: Bool) throws {
    guard let store = provenance.storeID else { return }
    judge(
      try notebook.verdicts(ofStore: store).reduce(into: [:]) { $0[$1.key] = $1.outcome },
      counting: counting)
  }
}
