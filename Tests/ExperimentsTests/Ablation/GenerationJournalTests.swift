import Experiments
import Foundation
import Storage
import TestSupport
import Testing

struct GenerationJournalTests {
  @Test(.timeLimit(.minutes(1)))
  func `a pipe in the place of kept answers is an error, and is not waited for`() throws {
    let folder = try TemporaryFolder()
    let journal = GenerationJournal(
      folder: folder.file("answers"), model: "a", edits: [], maxNewTokens: 1)
    try FileManager.default.createDirectory(
      at: folder.file("answers"), withIntermediateDirectories: true)
    try #require(mkfifo(journal.url.path(percentEncoded: false), 0o600) == 0)
    let refused = #expect(throws: StorageError.self) { try journal.entries() }
    #expect(
      refused?.description
        == "\(journal.url.lastPathComponent): is not an ordinary file but a pipe")
    let entry = try JSONDecoder().decode(
      GenerationJournal.Entry.self,
      from: Data(#"{"prompt":"a","input":"b","tokens":[],"ending":"length"}"#.utf8))
    #expect(throws: StorageError.self) { try journal.append(entry) }
  }
}
