/// The fixed text in a Jinja template: string literals in its expressions and what stands
/// between them, in order. Nothing is evaluated.
struct TemplateText {
  struct Part: Equatable {
    var text: String
    /// A string literal in `{{ }}` or `{% %}`; otherwise text between those.
    var isLiteral: Bool
  }

  private(set) var parts: [Part] = []

  /// - Complexity: O(length of the template).
  init(_ jinja: String) {
    var scanner = Scanner(jinja)
    parts = scanner.parts()
  }

  /// What the first part that has both markers has between them.
  func text(after opening: String, before closing: String) -> String? {
    for part in parts {
      guard let start = part.text.firstRange(of: opening)?.upperBound,
        let end = part.text[start...].firstRange(of: closing)?.lowerBound
      else { continue }
      return String(part.text[start..<end])
    }
    return nil
  }

  /// The first literal that contains a marker, or the rest of the first plain text from it on.
  func part(with marker: String) -> String? {
    for part in parts {
      guard let range = part.text.firstRange(of: marker) else { continue }
      return part.isLiteral ? part.text : String(part.text[range.lowerBound...])
    }
    return nil
  }

  private struct Scanner {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var found: [Part] = []

    init(_ text: String) {
      scalars = Array(text.unicodeScalars)
    }

    mutating func parts() -> [Part] {
      var plain = String.UnicodeScalarView()
      while index < scalars.count {
        if scalars[index] == "{", let kind = scalar(after: 1), "{%#".unicodeScalars.contains(kind) {
          append(&plain)
          index += 2
          if kind == "#" {
            skipComment()
          } else {
            readCode(closing: kind == "{" ? "}" : "%")
          }
        } else {
          plain.append(scalars[index])
          index += 1
        }
      }
      append(&plain)
      return found
    }

    private func scalar(after offset: Int) -> Unicode.Scalar? {
      index + offset < scalars.count ? scalars[index + offset] : nil
    }

    private mutating func append(_ plain: inout String.UnicodeScalarView) {
      if !plain.isEmpty { found.append(Part(text: String(plain), isLiteral: false)) }
      plain = String.UnicodeScalarView()
    }

    private mutating func skipComment() {
      while index < scalars.count {
        defer { index += 1 }
        if scalars[index] == "#", scalar(after: 1) == "}" {
          index += 1
          return
        }
      }
    }

    private mutating func readCode(closing: Unicode.Scalar) {
      while index < scalars.count {
        let current = scalars[index]
        if current == closing, scalar(after: 1) == "}" {
          index += 2
          return
        }
        index += 1
        if current == "'" || current == "\"" { readLiteral(quote: current) }
      }
    }

    private mutating func readLiteral(quote: Unicode.Scalar) {
      var text = String.UnicodeScalarView()
      while index < scalars.count, scalars[index] != quote {
        var current = scalars[index]
        index += 1
        if current == "\\", index < scalars.count {
          current = Self.escaped(scalars[index])
          index += 1
        }
        text.append(current)
      }
      index += 1
      found.append(Part(text: String(text), isLiteral: true))
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
      switch scalar {
      case "n": "\n"
      case "t": "\t"
      case "r": "\r"
      default: scalar
      }
    }
  }
}
