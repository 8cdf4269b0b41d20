import ExemplarPartitioning
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// How many of a region's kept contexts have a token that is spelled as special ones are.
struct ContextTokensTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func write(ends: [[Int32]?]) throws -> DictionaryFile {
    var dictionary = SampleDictionary.dictionary
    dictionary.documents = ["<s>the river<|end|>", "<s>[INST] no", "<s>\0bank", "<s>", "never"]
    // Documents in no order, one of them twice, one place beyond the tokens, and a context without a document.
    dictionary.regions[0].closest = [
      Context(distance: 0, document: 1, position: 1),
      Context(distance: 0.1, document: 0, position: 0),
    ]
    dictionary.regions[0].farthest = [Context(distance: 0.7, document: 0, position: 2)]
    dictionary.regions[1].closest = [Context(distance: 0, document: 2, position: 2)]
    dictionary.regions[2].closest = [
      Context(distance: 0.1, document: 0, position: 3),
      Context(distance: 0.2, document: 1, position: 3),
      Context(distance: 0.25, document: nil, position: 0),
    ]
    let url = folder.file("a.epdict")
    try DictionaryWriter.write(
      dictionary, provenance: SampleDictionary.provenance, tokenEnds: ends, to: url)
    return try DictionaryFile(url)
  }

  private func counts(_ file: DictionaryFile) throws -> [[Int]] {
    try file.contextTokens().map { [$0.known, $0.special] }
  }

  private static let ends: [[Int32]?] = [
    [3, 6, 12, 19], [3, 9, 10, 12], [3, 4, 8], nil, nil,
  ]

  @Test func `tokens of documents are told by their spelling, in any order of contexts`() throws {
    #expect(try counts(write(ends: Self.ends)) == [[3, 2], [1, 0], [2, 1]])
  }

  @Test func `of documents without token ends nothing is known`() throws {
    #expect(
      try counts(write(ends: [nil, Self.ends[1], nil, nil, nil])) == [[1, 1], [0, 0], [1, 0]])
    let other = try TemporaryFolder()
    let url = other.file("b.epdict")
    try DictionaryWriter.write(
      SampleDictionary.dictionary, provenance: SampleDictionary.provenance,
      tokenEnds: [nil, nil, nil, nil, nil], to: url)
    #expect(try counts(DictionaryFile(url)) == [[0, 0], [0, 0], [0, 0]])
  }

  @Test(arguments: [
    "UPDATE context SET position = 9223372036854775807", "UPDATE context SET position = -1",
    "UPDATE document SET tokenEnds = x'ff'", "UPDATE document SET tokenEnds = x'01'",
    "UPDATE document SET tokenEnds = x'feffffffffffffffff01'", "UPDATE document SET text = ''",
  ])
  func `places that are in no text are passed over`(_ damage: String) throws {
    let file = try write(ends: Self.ends)
    let queue = try DatabaseQueue(path: file.url.appending(path: "dictionary.sqlite").path)
    try queue.write { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
      try db.execute(sql: damage)
    }
    try queue.close()
    #expect(try counts(DictionaryFile(file.url)) == [[0, 0], [0, 0], [0, 0]])
  }
}
