/// A text in lower case with straight quotes, scalar by scalar, which knows where each came from.
struct LoweredText {
  var scalars: [Unicode.Scalar] = []
  /// UTF-8 offset of each scalar in the original, and of the end.
  var offsets: [Int] = []

  init(_ text: String) {
    var offset = 0
    for scalar in text.unicodeScalars {
      for lowered in scalar.properties.lowercaseMapping.unicodeScalars {
        scalars.append(Self.straightened(lowered))
        offsets.append(offset)
      }
      offset += UTF8.width(scalar)
    }
    offsets.append(offset)
  }

  /// Without white space at either end, as Python strips it.
  var trimmed: LoweredText {
    var result = self
    guard let first = scalars.firstIndex(where: { !PythonText.isSpace($0) }),
      let last = scalars.lastIndex(where: { !PythonText.isSpace($0) })
    else {
      (result.scalars, result.offsets) = ([], [0])
      return result
    }
    result.scalars = Array(scalars[first...last])
    result.offsets = Array(offsets[first...(last + 1)])
    return result
  }

  private static func straightened(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "\u{2018}", "\u{2019}": "'"
    case "\u{201C}", "\u{201D}": "\""
    default: scalar
    }
  }
}
