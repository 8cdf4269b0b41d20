import Foundation

/// The apostrophe before a field of a sheet that a spreadsheet would take for a formula.
///
/// What has apostrophes of its own before such a sign gets one more, so that taking one away gives every text back.
package enum FormulaMark {
  private static func isFormula(_ text: Substring) -> Bool {
    ["=", "+", "-", "@"].contains(text.prefix(1))
  }

  package static func marked(_ text: String) -> String {
    let rest = text.drop { $0 == "'" }
    guard isFormula(rest) else { return text }
    // A number is what it says.
    return rest.count == text.count && Double(text) != nil ? text : "'" + text
  }

  package static func unmarked(_ text: String) -> String {
    guard text.first == "'", isFormula(text.drop { $0 == "'" }) else { return text }
    return String(text.dropFirst())
  }
}
