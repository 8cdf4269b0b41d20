import Experiments
import Foundation
import Storage

extension LabEffects {
  /// What needs the notebook alone.
  func readNotebook(_ work: LabWork, _ performer: EffectPerformer) throws -> LabReply {
    switch work {
    case .list(let identity):
      let kinds: Set<SavedExperiment.Kind> = [.ablation, .steering]
      return .listed(
        try performer.openNotebook().experiments(on: identity).filter { kinds.contains($0.kind) })
    case .compare(let identity, let a, let b):
      let notebook = try performer.openNotebook()
      return .compared(
        LabComparison(
          a: a, b: b,
          value: try AblationComparison(
            AblationResult.saved(a, in: notebook, on: identity).result,
            AblationResult.saved(b, in: notebook, on: identity).result)))
    case .report(let result, let name):
      let names = ["\(name).md", "\(name).json"]
      try NewFile.write(result.markdown, to: names[0], within: performer.options.writes)
      try NewFile.write(
        result.json().text + "\n", to: names[1], within: performer.options.writes)
      return .reported(names)
    case .export(let result, let path):
      let text =
        switch URL(filePath: path).pathExtension.lowercased() {
        case "md": result.markdown
        case "json": result.json().text + "\n"
        case let ending:
          try SavedResultFiles(result).text(SavedResultFiles.Form(rawValue: ending) ?? .html)
        }
      try NewFile.write(text, to: path, within: performer.options.writes)
      return .reported([path])
    case .judge(let verdict):
      try performer.openNotebook().setVerdict(
        verdict.after, on: verdict.key, seen: (verdict.classifier, verdict.classified),
        author: performer.options.author)
      return .judged(verdict)
    case .open, .run, .series, .reopen: return .stopped(saved: nil)
    }
  }
}
