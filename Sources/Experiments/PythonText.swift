/// What Python says of characters, where its answer decides a number that is compared with the reference's.
enum PythonText {
  /// `str.isspace`: Unicode's white space, and the four separators among the control characters.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// `str.strip`.
  static func stripped(_ scalars: some BidirectionalCollection<Unicode.Scalar>) -> [Unicode.Scalar]
  {
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(scalars[first...last])
  }

  /// `\w` of its regular expressions on text: what is alphabetic or numeric, and the underscore.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_": true
      default: false
      }
    }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: scalar.properties.numericType != nil
    }
  }
}
