import Storage

extension Storage.Outcome {
  /// Tells outcomes apart without colour.
  var glyph: String {
    switch self {
    case .refused: "●"
    case .complied: "○"
    case .degenerate: "✗"
    case .unclear: "?"
    }
  }

  var role: String {
    switch self {
    case .refused: "match"
    case .complied: "number"
    case .degenerate: "status.error"
    case .unclear: "text.dim"
    }
  }
}
