/// The opcodes that the interpreter carries out, under Python's names for them.
enum PickleOpcode: UInt8 {
  case mark = 0x28  // (
  case stop = 0x2e  // .
  case pop = 0x30  // 0
  case popMark = 0x31  // 1
  case dup = 0x32  // 2
  case proto = 0x80
  case frame = 0x95

  case newNone = 0x4e  // N
  case newTrue = 0x88
  case newFalse = 0x89
  case binInt = 0x4a  // J
  case binInt1 = 0x4b  // K
  case binInt2 = 0x4d  // M
  case long1 = 0x8a
  case long4 = 0x8b
  case binFloat = 0x47  // G

  case shortBinUnicode = 0x8c
  case binUnicode = 0x58  // X
  case binUnicode8 = 0x8d
  case shortBinBytes = 0x43  // C
  case binBytes = 0x42  // B
  case binBytes8 = 0x8e
  case byteArray8 = 0x96

  case emptyTuple = 0x29  // )
  case tuple = 0x74  // t
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case emptyList = 0x5d  // ]
  case append = 0x61  // a
  case appends = 0x65  // e
  case emptyDict = 0x7d  // }
  case setItem = 0x73  // s
  case setItems = 0x75  // u
  case emptySet = 0x8f
  case addItems = 0x90
  case frozenSet = 0x91

  case memoize = 0x94
  case binPut = 0x71  // q
  case longBinPut = 0x72  // r
  case binGet = 0x68  // h
  case longBinGet = 0x6a  // j

  case global = 0x63  // c
  case stackGlobal = 0x93
  case reduce = 0x52  // R
  case newObj = 0x81
  case build = 0x62  // b
  /// Carried out only far enough to name the class it asks for.
  case inst = 0x69  // i

  /// Opcodes that Python has and no pickle read here needs.
  static let refused: [UInt8: String] = [
    0x46: "FLOAT", 0x49: "INT", 0x4c: "LONG", 0x53: "STRING", 0x54: "BINSTRING",
    0x55: "SHORT_BINSTRING", 0x56: "UNICODE", 0x6c: "LIST", 0x64: "DICT", 0x67: "GET",
    0x70: "PUT", 0x69: "INST", 0x6f: "OBJ", 0x50: "PERSID", 0x51: "BINPERSID", 0x82: "EXT1",
    0x83: "EXT2", 0x84: "EXT4", 0x92: "NEWOBJ_EX", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
  ]
}
