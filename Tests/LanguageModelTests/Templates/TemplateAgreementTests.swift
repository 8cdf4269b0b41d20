import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// Templates against what transformers makes of them; see `Tests/Fixtures/README.md`.
@Suite struct TemplateAgreementTests {
  private struct Families: Decodable {
    struct Message: Decodable {
      var role: String
      var content: String
    }
    struct Row: Decodable {
      var conversation: Int
      var generation: Bool
      /// `nil` where the template fails.
      var text: String?
    }
    struct Family: Decodable {
      var name: String
      var template: String
      var rows: [Row]
    }
    var conversations: [[Message]]
    var special: [String: String]
    var templates: [Family]
  }

  private static let day = TemplateDate(year: 2026, month: 7, day: 5)

  @Test func `templates of the constructs that model families use give transformers' text`() throws
  {
    let families = try JSONDecoder().decode(
      Families.self, from: Data(contentsOf: Fixtures.url("templates/families.json")))
    #expect(families.templates.count >= 10)
    for family in families.templates {
      let template = try JinjaTemplate(family.template)
      for row in family.rows {
        let messages = families.conversations[row.conversation].map { ($0.role, $0.content) }
        let special = families.special
        let text = try? template.render(date: Self.day, messages: messages.count, input: 1000) {
          var variables: [String: TemplateValue] = special.mapValues { .text($0) }
          variables["messages"] = .list(
            messages.map { role, content in
              .mapping(TemplateMapping([("role", .text(role)), ("content", .text(content))]))
            })
          variables["tools"] = TemplateValue.none
          variables["documents"] = TemplateValue.none
          variables["add_generation_prompt"] = .boolean(row.generation)
          return variables
        }.text.string
        #expect(text == row.text, "\(family.name), \(row.conversation)")
      }
    }
  }

  /// A value that is written as `["i", 1]`, so that integers, floats and the order of keys are kept.
  private static func value(_ written: Any) -> TemplateValue {
    guard let parts = written as? [Any], let kind = parts.first as? String else { return .none }
    switch (kind, parts.last) {
    case ("s", let text as String): return .text(text)
    case ("f", let number as String): return .number(Double(number) ?? .nan)
    case ("b", let flag as Bool): return .boolean(flag)
    case ("i", let number as Int): return .integer(number)
    case ("l", let items as [Any]): return .list(items.map(value))
    case ("d", let pairs as [[Any]]): return .mapping(TemplateMapping(named(pairs)))
    default: return .none
    }
  }

  private static func named(_ pairs: [[Any]]) -> [(String, TemplateValue)] {
    pairs.compactMap { pair in (pair[0] as? String).map { ($0, value(pair[1])) } }
  }

  @Test func `random templates give transformers' text, or fail where it fails`() throws {
    let data = try Data(contentsOf: Fixtures.url("templates/cases.json"))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let written = try JSONSerialization.data(withJSONObject: try #require(root["variables"]))
    let cases = try #require(root["cases"] as? [[String: String]])
    #expect(cases.count == 447)
    for (index, line) in cases.enumerated() {
      let source = try #require(line["template"])
      let text = try? JinjaTemplate(source).render(date: Self.day, messages: 4, input: 1000) {
        let pairs = try? JSONSerialization.jsonObject(with: written) as? [[Any]]
        return Dictionary(uniqueKeysWithValues: Self.named(pairs ?? []))
      }.text.string
      #expect(text == line["text"], "case \(index): \(source)")
    }
  }
}
