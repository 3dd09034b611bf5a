import EventStream
import Glibc
import Testing

@Suite struct ExportsBytesTests {
    let scratch = ScratchDirectory()
    let text = "u,t,p\n" + (0..<30_000).map { "v\($0 % 7),\(1_500_000_000 + $0),page\($0 % 13)\n" }.joined()

    func failure(_ path: String, _ mapping: ExportMapping = plainMapping(), _ limits: ExportLimits = ExportLimits()) -> ExportError? {
        do throws(ExportError) {
            _ = try readAll(path, mapping, limits)
            return nil
        } catch { return error }
    }

    @Test func plainGzipAndZstdGiveTheSameRowsWhateverTheName() throws {
        let bytes = Array(text.utf8)
        let half = bytes.count / 2
        let members = gzipStored(Array(bytes[..<half])) + gzipStored(Array(bytes[half...])) + [0, 0, 0]
        let blocks = stride(from: 0, to: bytes.count, by: 100_000).map { (Array(bytes[$0..<min($0 + 100_000, bytes.count)]), false) }
        let frames = zstdFrame(Array(blocks.dropLast(2))) + zstdFrame(Array(blocks.suffix(2)))
        let plain = try readAll(scratch.file("plain", bytes), plainMapping())
        #expect(plain.count == 30_000 && plain.rejects.total == 0)
        for (name, packed) in [("members.csv", members), ("frames.gz", frames)] {
            let rows = try readAll(scratch.file(name, packed), plainMapping())
            #expect(rows.visitors == plain.visitors && rows.times == plain.times && rows.fields == plain.fields, "\(name)")
        }
    }

    @Test func truncatedFilesAreRefusedWithTheirOffset() {
        let bytes = Array(text.utf8)
        let gzip = gzipStored(bytes)
        let zstd = zstdFrame(
            stride(from: 0, to: bytes.count, by: 100_000).map { (Array(bytes[$0..<min($0 + 100_000, bytes.count)]), false) })
        for (name, packed) in [("a", gzip), ("b", zstd)] {
            for cut in [packed.count - 1, packed.count / 2, 11] {
                let error = failure(scratch.file("\(name)\(cut)", Array(packed[..<cut])))
                #expect(
                    error?.kind == .badData && error?.place.hasSuffix("byte \(cut)") == true,
                    "\(name) cut at \(cut): \(String(describing: error))")
                #expect(error?.reason.contains("truncated") == true)
            }
        }
        var damaged = gzip
        damaged[gzip.count - 6] ^= 1
        #expect(failure(scratch.file("crc", damaged))?.reason.contains("damaged") == true)
        #expect(failure(scratch.file("tail", gzip + Array("more".utf8)))?.reason.contains("follows") == true)
    }

    @Test func aBombIsStopped() {
        let head = Array("u,t,p\n".utf8)
        let bomb = zstdFrame([(head, false)] + Array(repeating: ([UInt8(ascii: "a")], true), count: 400))
        var limits = ExportLimits()
        limits.bombCheckBytes = 8 << 20
        let error = failure(scratch.file("bomb", bomb), plainMapping(), limits)
        #expect(error?.kind == .badData && error?.reason.contains("compressed bytes") == true, "\(String(describing: error))")
    }

    @Test func whatIsNoFileIsNamed() {
        #expect(failure(scratch.path)?.reason == "it is a directory, not a file")
        #expect(failure(scratch.path + "/absent")?.kind == .noInput)
        #expect(failure(scratch.file("empty", ""))?.reason == "it is empty")
        #expect(failure(scratch.file("emptygz", gzipStored([])))?.reason == "it is empty")
        #expect(failure(scratch.file("zip", [0x50, 0x4B, 0x03, 0x04, 0, 0]))?.reason.contains("zip") == true)
        #expect(failure(scratch.file("parquet", Array("PAR1xxxx".utf8)))?.reason.contains("Parquet") == true)
    }

    @Test func everyEncodingBecomesUTF8() throws {
        let text = "u,t,p\nv,1,Zürich\nw,2,café\n"
        func utf16(_ text: String, _ bigEndian: Bool) -> [UInt8] {
            text.utf16.flatMap { bigEndian ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
        }
        let latin = text.unicodeScalars.map { UInt8($0.value) }
        let cases: [(String, [UInt8], ExportMapping.Encoding)] = [
            ("utf8", Array(text.utf8), .utf8), ("bom", [0xEF, 0xBB, 0xBF] + Array(text.utf8), .utf8),
            ("bom1", [0xEF, 0xBB, 0xBF] + Array(text.utf8), .latin1),
            ("latin", latin, .latin1), ("windows", latin, .windows1252),
            ("le", [0xFF, 0xFE] + utf16(text, false), .utf8), ("be", [0xFE, 0xFF] + utf16(text, true), .utf16),
            ("le0", utf16(text, false), .utf16le), ("be0", utf16(text, true), .utf16be),
        ]
        for (name, bytes, encoding) in cases {
            let rows = try readAll(scratch.file(name, bytes), plainMapping { $0.encoding = encoding })
            #expect(rows.fields == [["Zürich", "café"]] && rows.rejects.total == 0, "\(name)")
        }
        let wide = try readAll(scratch.file("pair", [0xFF, 0xFE] + utf16("u,t,p\nv,1,😀é\n", false)), plainMapping())
        #expect(wide.fields == [["😀é"]])
        let euro = try readAll(
            scratch.file("euro", Array("u,t,p\nv,1,".utf8) + [0x80, 0x9C, 0x0A]), plainMapping { $0.encoding = .windows1252 })
        #expect(euro.fields == [["€œ"]])
        #expect(failure(scratch.file("unmarked", utf16(text, false)))?.remedy.contains("utf-16le") == true)
    }

    @Test func whatIsNotTextIsARejectAndNotTheEnd() throws {
        let bad =
            Array("u,t,p\nv,1,a\nv,2,".utf8) + [0xC3, 0x28, 0x0A] + Array("v,3,".utf8) + [0xED, 0xA0, 0x80, 0x0A]
            + Array("v,4,b\nv,5,\0\nv,6,c\n".utf8)
        let rows = try readAll(scratch.file("bad", bad), plainMapping())
        #expect(rows.fields == [["a", "b", "c"]])
        #expect(rows.reasons == [.invalidText, .invalidText, .nulByte])
        #expect(rows.rejects.first.map(\.line) == [3, 4, 6] && rows.rejects.first.map(\.column) == [3, 3, nil])
        #expect(rows.rejects.first[0].byteOffset == 12)
        // A lone surrogate and half a character at the end.
        let surrogate: [UInt8] = [0xFF, 0xFE] + "u,t,p\nv,1,".utf16.flatMap { [UInt8($0 & 255), 0] } + [0x00, 0xD8, 0x0A, 0, 0x76]
        #expect(try readAll(scratch.file("lone", surrogate), plainMapping()).rejects.total == 2)
    }
}
