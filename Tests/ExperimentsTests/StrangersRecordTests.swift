import Experiments
import Foundation
import Numerics
import Storage
import TensorFiles
import TestSupport
import Testing

/// Records that others wrote, with numbers that none of them can be.
struct StrangersRecordTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// A notebook can come from anybody.
  private func suggestions(_ own: String, _ other: String) -> String {
    """
    {"by": {"name": "sh", "command": "sh", "commandHash": "0"}, "suggestions": [{"region": 1, "text": "rivers",
      "author": "sh", "date": "2026-01-02T03:04:05Z", "detection": {"own": \(own), "other": \(other)}}]}
    """
  }

  @Test func `a suggestion's score is read as it was kept`() throws {
    let content = suggestions(#"{"successes": 4, "count": 5}"#, #"{"successes": 5, "count": 5}"#)
    let run = try SuggestionRun(content: content)
    #expect(run.suggestions[0].detection?.right == Proportion(9, of: 10))
  }

  @Test(arguments: [
    #"{"successes": 7, "count": 5}"#, #"{"successes": -1, "count": 5}"#,
    #"{"successes": 0, "count": -5}"#,
    #"{"successes": 4611686018427387904, "count": 4611686018427387904}"#,
    #"{"successes": 1.5, "count": 5}"#,
  ])
  func `a share of more than all, or of more than can be added up, is refused`(_ share: String) {
    #expect(throws: DecodingError.self) { try SuggestionRun(content: suggestions(share, share)) }
  }

  @Test(arguments: [
    ("8", "2", true), ("8", "9", false), ("-1", "-1", false), ("9223372036854775807", "0", false),
  ])
  func `a tally of more refusals than prompts is refused`(
    _ prompts: String, _ refused: String, _ isRead: Bool
  ) {
    let text = """
      {"region": 1, "prompts": \(prompts), "refused": \(refused), "harmful": 0, "members": 5,
        "coherence": 0.5}
      """
    let tally = try? JSONDecoder().decode(RegionTally.self, from: Data(text.utf8))
    #expect((tally != nil) == isRead)
    #expect(tally.map { $0.rate == 0.25 } ?? true)
  }

  @Test func `a cell of a grid whose counts cannot be is run again`() throws {
    func cell(_ key: String, _ successes: Int) -> String {
      """
      {"key": "\(key)", "cell": {"percentile": 8, "seed": 0, "basis": "mean", "count": 1, "identity": "", \
      "regionCount": 44, "threshold": 0.8, "baseline": {"successes": \(successes), "count": 8}}}
      """
    }
    let text = cell("sound", 7) + "\n" + cell("odd", 9) + "\n{\"key\": \"cut"
    try Data(text.utf8).write(to: folder.file(GridJournal.file))
    let journal = GridJournal(folder: folder.url)
    #expect(journal["sound"]?.baseline == Proportion(7, of: 8))
    #expect(journal["odd"] == nil && journal["cut"] == nil)
  }

  @Test(arguments: [("12", true), ("9223372036854775807", false), ("-1", false), ("1e3", false)])
  func `a hub's listing with a size that no file has is refused, and names the file`(
    _ size: String, _ isRead: Bool
  ) throws {
    let oid = String(repeating: "a", count: 40)
    let text = #"{"type": "file", "path": "a/b.pkl", "size": \#(size), "oid": "\#(oid)"}"#
    let entry = try TableValue.json(Array(text.utf8)[...])
    if isRead {
      #expect(try HubFile.read(entry, of: "owner/name")?.bytes == Int(size))
    } else {
      let error = #expect(throws: HubError.self) { try HubFile.read(entry, of: "owner/name") }
      #expect(error?.message.contains("a/b.pkl") == true)
    }
  }
}
