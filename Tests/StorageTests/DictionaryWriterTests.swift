import ExemplarPartitioning
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct DictionaryWriterTests {
  let folder: TemporaryFolder
  let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("a.epdict")
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).sorted()
  }

  private func write(
    _ change: (inout ExemplarDictionary) -> Void, tokenEnds: [[Int32]?]? = nil,
    overwrite: Bool = false
  ) throws {
    var dictionary = SampleDictionary.dictionary
    change(&dictionary)
    try DictionaryWriter.write(
      dictionary, provenance: DictionaryProvenance(), tokenEnds: tokenEnds, to: url,
      overwrite: overwrite)
  }

  @Test func `an output that exists is an error and stays as it was`() throws {
    try SampleDictionary.write(to: url)
    let before = try contents(of: url)
    let error = storageError { try write { $0.threshold = 0.1 } }
    #expect(error?.description == "a.epdict: exists already")
    #expect(error?.code == .exists)
    #expect(try contents(of: url) == before)
    #expect(try names() == ["a.epdict"])
  }

  @Test func `overwriting replaces the dictionary and keeps shared labels`() throws {
    try SampleDictionary.write(to: url)
    let labels = Data(#"{"identity":"x","region":1,"label":"shared"}"#.utf8)
    try labels.write(to: url.appending(path: "labels.jsonl"))
    let open = try DictionaryFile(url)
    try write({ $0.threshold = 0.25 }, overwrite: true)
    #expect(try DictionaryFile(url).threshold == 0.25)
    #expect(try Data(contentsOf: url.appending(path: "labels.jsonl")) == labels)
    #expect(try names() == ["a.epdict"])
    // Whoever had the old one open goes on with it.
    #expect(try open.load() == SampleDictionary.dictionary)
  }

  @Test func `overwriting never removes a folder of something else`() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data("thesis".utf8).write(to: url.appending(path: "thesis.tex"))
    let error = storageError { try write({ _ in }, overwrite: true) }
    #expect(error?.code == .wrongKind)
    #expect(try contents(of: url) == ["thesis.tex": Data("thesis".utf8)])
    #expect(try names() == ["a.epdict"])
  }

  @Test func `overwriting never removes a file`() throws {
    try Data("thesis".utf8).write(to: url)
    #expect(storageError { try write({ _ in }, overwrite: true) }?.code == .wrongKind)
    #expect(try Data(contentsOf: url) == Data("thesis".utf8))
  }

  @Test func `a link to a dictionary is followed`() throws {
    try SampleDictionary.write(to: url)
    let link = folder.file("link.epdict")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: url)
    try DictionaryWriter.write(
      SampleDictionary.dictionary, provenance: DictionaryProvenance(), to: link, overwrite: true)
    #expect(try names() == ["a.epdict", "link.epdict"])
    #expect(try DictionaryFile(url).provenance == DictionaryProvenance())
  }

  @Test func `what no file may hold is refused and nothing is left`() throws {
    let changes: [(String, (inout ExemplarDictionary) -> Void)] = [
      (
        "exemplars: row 1, component 2 is nan",
        { $0.exemplars = DirectionRows([1, 0, 0, 0, 1, .nan, 0, 0, 1], dimension: 3) }
      ),
      (
        "means: row 2, component 1 is inf",
        {
          $0.means = RegionMeans(
            rows: DirectionRows([1, 0, 0, 0, .infinity, 0], dimension: 3), rowOfRegion: [0, -1, 1])
        }
      ),
      ("centre: row 0, component 0 is inf", { $0.centre[0] = .infinity }),
      (
        "threshold: expected a cosine distance above 0 and up to 2, found nan",
        { $0.threshold = .nan }
      ),
      ("region 2: a statistic is not a finite number", { $0.regions[2].coherence = .nan }),
      ("region 0: a context's distance is nan", { $0.regions[0].closest[1].distance = .nan }),
      (
        "region 0: expected documents below 5, found 5", { $0.regions[0].farthest[0].document = 5 }
      ),
      ("reservoir: expected regions below 3, found 3", { $0.reservoir.regions[1] = 3 }),
      ("growth: the rate of batch 1 is not a finite number", { $0.growth[1].newRegionRate = .nan }),
    ]
    for (message, change) in changes {
      let error = storageError { try write(change) }
      #expect(error?.code == .invalid)
      #expect(error?.message == message)
    }
    #expect(try names() == [])
  }

  @Test(
    arguments: [
      ([[1]], "expected token ends of 5 documents, found 1"),
      ([nil, [3, 2], nil, nil, nil], "document 1: token ends go back from 3 to 2"),
      ([[50], nil, nil, nil, nil], "document 0: a token ends at 50 of 49 bytes"),
      ([[-1], nil, nil, nil, nil], "document 0: token ends go back from 0 to -1"),
    ] as [([[Int32]?], String)])
  func `token ends that do not fit their text are refused`(
    _ ends: [[Int32]?], _ message: String
  ) throws {
    #expect(storageError { try write({ _ in }, tokenEnds: ends) }?.message == message)
  }

  @Test func `a folder that cannot be written to is an error`() throws {
    let error = storageError {
      try SampleDictionary.write(to: folder.file("no/such/folder/a.epdict"))
    }
    #expect(error?.code == .missing)
    #expect(try names() == [])
  }
}
