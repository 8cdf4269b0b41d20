import TensorFiles
import TestSupport
import Testing

@testable import Engines

struct MessageTests {
  private static let tensors: [NamedTensor] = [
    ("lengths", Message.integers([2, 1])),
    ("blocks.0.hook_resid_post", SafetensorsTensor([1, -2, 3.5, 0, 7, 9], shape: [3, 2])),
    ("file", SafetensorsTensor(.u8, shape: [3], bytes: [1, 2, 3])),
  ]

  @Test func `a message comes out as it went in, however the stream is cut`() throws {
    let bytes = Message.bytes(#"{"reply":"rows","id":3}"#, Self.tensors)
    for size in [1, 7, 64, bytes.count] {
      var reader = MessageReader()
      var found: [Message] = []
      for first in stride(from: 0, to: 2 * bytes.count, by: size) {
        reader.append((first..<min(first + size, 2 * bytes.count)).map { bytes[$0 % bytes.count] })
        while let message = try reader.next() { found.append(message) }
      }
      #expect(found.count == 2)
      #expect(!reader.isWithinMessage)
      for message in found {
        #expect(message.text == #"{"reply":"rows","id":3}"#)
        #expect(try message.integers("lengths") == [2, 1])
        #expect(
          try message.floats("blocks.0.hook_resid_post", shape: [3, 2]) == [1, -2, 3.5, 0, 7, 9])
        #expect(try message.bytes("file") == [1, 2, 3])
      }
    }
  }

  @Test func `a tensor of another shape or type than was expected is refused by name`() throws {
    let message = try Message(Message.bytes("{}", Self.tensors))
    for body in [
      { _ = try message.floats("blocks.0.hook_resid_post", shape: [2, 3]) },
      { _ = try message.floats("lengths", shape: [2]) },
      { _ = try message.integers("lengths", count: 3) },
      { _ = try message.integers("file") }, { _ = try message.bytes("lengths") },
      { _ = try message.bytes("elsewhere") },
    ] as [() throws -> Void] {
      #expect(throws: (any Error).self) { try body() }
    }
  }

  @Test func `no part of a message and no damaged copy is more than an error`() throws {
    let bytes = Message.bytes(#"{"reply":"rows","id":3}"#, Self.tensors)
    for count in bytes.indices {
      var reader = MessageReader()
      reader.append(bytes[..<count])
      let found = try reader.next()
      #expect(found == nil, "\(count)")
    }
    var damage = FileDamage(seed: 20)
    for _ in 0..<4000 {
      var reader = MessageReader()
      reader.append(damage.copy(of: bytes))
      while let message = try? reader.next() {
        for name in message.tensorNames { _ = try? message.floats(name, shape: [3, 2]) }
      }
    }
  }

  @Test(arguments: [
    "[2^60, 4] in 16 bytes", "more than a message", "overlap", "gap", "F64", "no message", "header",
  ])
  func `what no message may have is found before its tensors are there`(_ kind: String) throws {
    func blob(_ header: String) -> [UInt8] {
      let bytes = Array(header.utf8)
      return (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
    }
    let start = #"{"__metadata__":{"message":"{}"},"#
    let bytes: [UInt8] =
      switch kind {
      case "[2^60, 4] in 16 bytes":
        blob(start + #""x":{"dtype":"F32","shape":[1152921504606846976,4],"data_offsets":[0,16]}}"#)
      case "more than a message":
        blob(start + #""x":{"dtype":"U8","shape":[268435456],"data_offsets":[0,268435456]}}"#)
      case "overlap":
        blob(
          start + #""x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
            + #""y":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#) + [0, 0, 0, 0, 0, 0]
      case "gap":
        blob(start + #""x":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#) + [0, 0, 0, 0, 0, 0]
      case "F64":
        blob(start + #""x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#)
          + [0, 0, 0, 0, 0, 0, 0, 0]
      case "no message": blob("{}")
      default: Array("Last login: Monday".utf8)
      }
    var reader = MessageReader()
    reader.append(bytes)
    #expect(throws: (any Error).self) { _ = try reader.next() }
  }

  @Test func `a greeting of the shell is named for what it is`() {
    var reader = MessageReader()
    reader.append("Welcome to box!\n".utf8)
    #expect {
      _ = try reader.next()
    } throws: {
      "\($0)".contains("Welcome to box!") && "\($0)".contains("does its command print")
    }
  }

  @Test func `what tells an adapter from others is taken as records have it`() throws {
    func loaded(_ adapterHash: String) throws -> LoadedDescription {
      try LoadedDescription(
        reply: """
          {"reply":"done","id":1,"engine":"e","device":"cpu","dtype":"float32","model":"m",
          "architecture":"llama","adapter":"a","adapterHash":"\(adapterHash)","layers":1,"width":4,
          "vocabulary":5,"context":8,"hooks":[{"name":"blocks.0.hook_resid_post","width":4}],
          "startsFrom":[],"can":[],"tokenizerFiles":[]}
          """)
    }
    #expect(try loaded("0a1b+2c3d").adapterHash == "0a1b+2c3d")
    #expect(throws: (any Error).self) { try loaded("0a1b\\u001b[2J") }
  }
}
