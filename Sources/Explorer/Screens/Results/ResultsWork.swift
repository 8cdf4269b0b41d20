import Experiments
import Foundation
import Storage

extension ResultsWork: ScreenWork {
  func perform(by performer: EffectPerformer) throws -> ResultsReply {
    let notebook = try performer.openNotebook()
    switch self {
    case .list(let identity):
      // What programs suggested stands beside the regions.
      return .listed(
        SavedSweep.folded(
          try notebook.experiments(on: identity).filter { $0.kind != .suggestion }))
    case .open(let experiment): return .opened(try result(experiment, notebook))
    case .export(let id, let path):
      try NewFile.write(
        try text(ofResult: id, for: path, notebook), to: path, within: performer.options.writes)
      return .exported(path: path)
    }
  }

  private func content(_ id: Int64, _ notebook: Notebook) throws -> String {
    guard let content = try notebook.content(ofExperiment: id) else {
      throw EffectPerformer.NotAttached("result \(id) is no longer in the notebook")
    }
    return content
  }

  /// The series that an experiment is a step of.
  private func sweep(_ id: Int64, _ notebook: Notebook) throws -> SavedSweep? {
    let all = try notebook.experiments()
    return all.first { $0.id == id }.flatMap { SavedSweep($0, among: all) }
  }

  private func result(_ experiment: SavedExperiment, _ notebook: Notebook) throws -> SavedResult {
    if let sweep = try sweep(experiment.id, notebook) { return SavedResult(report: sweep.report) }
    let content = try content(experiment.id, notebook)
    do {
      var result = SavedResult(report: try ResultReport(content: content))
      switch experiment.kind {
      case .ablation, .steering:
        // One that an earlier version kept has no prompts to count.
        result.report = (try? AblationResult(savedContent: content, id: experiment.id))?.report
      case .autoencoder:
        let features = try SavedFeatureMatches(content: content)
        result.matches = features.matches
        result.features = features
      case .paths: result.paths = try SavedPaths(content: content)
      default: break
      }
      return result
    } catch is DecodingError {
      throw EffectPerformer.NotAttached(
        "result \(experiment.id) is of a shape that this program does not read")
    }
  }

  private func text(
    ofResult id: Int64, for path: String, _ notebook: Notebook
  ) throws -> String {
    let sweep = try sweep(id, notebook)
    let content = try content(id, notebook)
    let kind = URL(filePath: path).pathExtension.lowercased()
    guard kind != "json" else {
      // Of a series a list of its steps.
      guard let sweep else { return content + "\n" }
      let steps = try sweep.steps.map { try self.content($0.id, notebook) }
      return "[" + steps.joined(separator: ",\n") + "]\n"
    }
    guard let form = SavedResultFiles.Form(rawValue: kind),
      let experiment = try notebook.experiments().first(where: { $0.id == id })
    else { throw EffectPerformer.NotAttached("result \(id) is no longer in the notebook") }
    return try sweep.map { SavedResultFiles($0) }?.text(form)
      ?? SavedResultFiles(experiment, content: content).text(form)
  }
}
