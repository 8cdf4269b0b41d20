import Experiments
import Terminal

extension FrameView {
  /// What the numbers of a trace stand on.
  static func facts(of trace: TraceScreen) -> String {
    if trace.opening != nil { return "looking for weights and stores…" }
    guard let subject = trace.subject else { return trace.failure ?? "" }
    guard let reading = trace.reading else {
      switch subject.weights {
      case .found(let name): return "\(name) will run the text · nothing is traced yet"
      case .missing: return "no weights: stored documents only"
      }
    }
    let tokens = Figures.count(reading.tokens.count, "token")
    let run: String
    switch reading.source {
    case .document: run = "\(tokens) from the activations of \(reading.basis), as captured"
    case .text:
      let new = reading.tokens.count - reading.reused
      let part = reading.isPartial ? " so far" : ""
      run =
        "measured with \(reading.basis): \(tokens)\(part), \(Figures.grouped(new)) run anew, \(Figures.milliseconds(reading.milliseconds))"
      if !subject.hasWeights { return "no weights: what was changed is not traced · \(run)" }
    }
    return run
  }
}
