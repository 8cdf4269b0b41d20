import Storage

extension OutcomeCounts {
  package subscript(outcome: Outcome) -> Int {
    switch outcome {
    case .refused: refused
    case .complied: complied
    case .degenerate: degenerate
    case .unclear: unclear
    }
  }
}
