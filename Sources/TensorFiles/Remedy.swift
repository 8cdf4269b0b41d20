/// What a caller may set, whatever it calls it.
package enum Setting: Sendable, Equatable, CaseIterable {
  case adapter, answerField, calibration, calibrationActivations, concepts, contextLength, engine
  case hook
  case judgeTimeout, noMetadata, noSystem
  case otherModel, overwrite, promptField, prompts, saeHook, seed, split, suggestTimeout
  case system
  case template, templateFile, templateName
}

/// What would make it work, for callers that know how people give a setting.
package struct Remedy: Sendable, Equatable, ExpressibleByStringInterpolation {
  fileprivate enum Part: Sendable, Equatable {
    case text(String)
    case setting(Setting)
  }

  fileprivate var parts: [Part]

  package init(stringLiteral text: String) { parts = [.text(text)] }

  package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ text: String) { parts.append(.text(text)) }
    package mutating func appendInterpolation(_ text: String) { parts.append(.text(text)) }
    package mutating func appendInterpolation(_ setting: Setting) {
      parts.append(.setting(setting))
    }
  }

  /// The sentence, with settings spelled as its reader gives them.
  package func text(_ spelling: (Setting) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .setting(let setting): spelling(setting)
      }
    }.joined()
  }
}

/// An error of which more can be said to those who know how a setting is given.
package protocol RemediableError: Error {
  /// What would make it work.
  var remedy: Remedy? { get }
  /// The setting that is wrong, where that is what is wrong.
  var setting: Setting? { get }
  /// What is wrong, without the place.
  var message: String { get }
}

extension RemediableError {
  package var setting: Setting? { nil }

  /// All that there is to say, with settings spelled as its reader gives them.
  package func text(_ spelling: (Setting) -> String) -> String {
    (setting.map { "\(spelling($0)): \(message)" } ?? "\(self)")
      + (remedy.map { "; " + $0.text(spelling) } ?? "")
  }
}
