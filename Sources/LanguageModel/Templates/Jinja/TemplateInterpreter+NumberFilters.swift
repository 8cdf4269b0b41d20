import Foundation

extension TemplateInterpreter {
  func numberFilter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "abs":
      _ = try bind(arguments, name, [])
      if case .undefined(let message) = value { throw undefined(message) }
      if case .number(let number) = value { return .number(abs(number)) }
      guard let number = integer(value) else {
        throw fail("bad operand type for abs(): '\(value.type)'")
      }
      return number < 0 ? try negated(.integer(number)) : .integer(number)
    case "int":
      let values = try bind(arguments, name, ["default", "base"])
      if let base = values[1], integer(base) != 10 { throw unsupported("int with a base") }
      return try int(value, default: values[0] ?? .integer(0))
    case "float":
      let values = try bind(arguments, name, ["default"])
      switch value {
      case .undefined(let message): throw undefined(message)
      case .number: return value
      case .text(let text):
        guard let number = Self.float(text.string) else { return values[0] ?? .number(0) }
        return .number(number)
      default:
        guard let number = integer(value) else { return values[0] ?? .number(0) }
        return .number(Double(number))
      }
    default: return try rounded(value, arguments)
    }
  }

  /// Without white space around it, and with decimal digits of any script as ASCII's, as Python reads numbers.
  private static func trimmed(_ text: String) -> String {
    let stripped = MarkedText(text).stripped().string
    guard !stripped.unicodeScalars.allSatisfy(\.isASCII) else { return stripped }
    var plain = String.UnicodeScalarView()
    for scalar in stripped.unicodeScalars {
      let properties = scalar.properties
      guard properties.generalCategory == .decimalNumber, let value = properties.numericValue,
        let digit = Unicode.Scalar(0x30 + UInt32(value))
      else {
        plain.append(scalar)
        continue
      }
      plain.append(digit)
    }
    return String(plain)
  }

  private static func withoutUnderscores(_ text: String) -> String? {
    guard text.contains("_") else { return text }
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() where scalar == "_" {
      guard index > 0, index + 1 < scalars.count, ("0"..."9").contains(scalars[index - 1]),
        ("0"..."9").contains(scalars[index + 1])
      else { return nil }
    }
    return text.filter { $0 != "_" }
  }

  /// `float(text)`
  static func float(_ text: String) -> Double? {
    guard let text = withoutUnderscores(trimmed(text)), !text.isEmpty else { return nil }
    let lower = text.lowercased()
    let unsigned = lower.drop { $0 == "+" || $0 == "-" }
    guard lower.count - unsigned.count <= 1 else { return nil }
    if ["inf", "infinity", "nan"].contains(String(unsigned)) {
      let value = unsigned == "nan" ? Double.nan : .infinity
      return lower.hasPrefix("-") ? -value : value
    }
    guard unsigned.allSatisfy({ "0123456789.e+-".contains($0) }) else { return nil }
    var plain = String(unsigned)
    if plain.hasPrefix(".") { plain = "0" + plain }
    plain = plain.replacing(".e", with: ".0e")
    if plain.hasSuffix(".") { plain += "0" }
    return Double(plain).map { lower.hasPrefix("-") ? -$0 : $0 }
  }

  private func int(_ value: TemplateValue, default fallback: TemplateValue) throws -> TemplateValue
  {
    func whole(_ number: Double) throws -> TemplateValue {
      guard number.isFinite else { return fallback }
      guard let result = Int(exactly: number.rounded(.towardZero)) else {
        throw unsupported("a number beyond 64 bits")
      }
      return .integer(result)
    }
    switch value {
    case .undefined(let message): throw undefined(message)
    case .number(let number):
      guard !number.isInfinite else { throw fail("cannot convert float infinity to integer") }
      return try whole(number)
    case .text(let text):
      let plain = Self.trimmed(text.string)
      let digits = plain.drop { $0 == "+" || $0 == "-" }
      if plain.count - digits.count <= 1, !digits.isEmpty,
        let clean = Self.withoutUnderscores(String(digits)),
        clean.unicodeScalars.allSatisfy({ ("0"..."9").contains($0) })
      {
        guard let number = Int(clean) else { throw unsupported("a number beyond 64 bits") }
        return .integer(plain.hasPrefix("-") ? -number : number)
      }
      guard let number = Self.float(plain) else { return fallback }
      return try whole(number)
    default: return integer(value).map(TemplateValue.integer) ?? fallback
    }
  }

  private func rounded(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let values = try bind(arguments, "round", ["precision", "method"])
    let precision = try integer(values[0], "round", default: 0)
    let method = try string(values[1] ?? .text("common")).string
    guard ["common", "ceil", "floor"].contains(method) else {
      throw fail("method must be common, ceil or floor")
    }
    if case .undefined(let message) = value { throw undefined(message) }
    guard (0...15).contains(precision) else { throw unsupported("round to \(precision) digits") }
    if let number = integer(value) {
      // Python rounds an integer to an integer, by the common method.
      if method == "common" { return .integer(number) }
      return .number(Double(number))
    }
    guard case .number(let number) = value else {
      throw fail("type \(value.type) doesn't define __round__ method")
    }
    guard number.isFinite else { throw unsupported("round of a number that is not finite") }
    let scale = pow(10.0, Double(precision))
    switch method {
    // By way of an integer, which has no negative zero.
    case "ceil": return .number(((number * scale).rounded(.up) + 0) / scale)
    case "floor": return .number(((number * scale).rounded(.down) + 0) / scale)
    default:
      // By its decimal digits, as Python rounds; half to even among the exact value's digits.
      guard let result = Double(String(format: "%.\(precision)f", number)) else {
        throw unsupported("round of this number")
      }
      return .number(result)
    }
  }
}
