import ArgumentParser
import DESConsole
import DESCore
import DESStore

/// What `des pack --sharded` needs to know.
struct ShardedOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            """
            Give each file a name of its own, as 'des name new' does, and write it into a container of its day and shard \
            below OUT, a directory or s3://bucket/prefix.
            """))
    var sharded = false
    @Option(
        help: ArgumentHelp(
            "The day of the names, at most \(CalendarDay.nameDistanceMax) days from today (default: today, UTC).",
            valueName: "YYYY-MM-DD"))
    var day: String?
    @OptionGroup var names: NameOptions
    @Option(
        help: ArgumentHelp(
            "A day has two to the power of this many shards (default: DES_NAMES_SHARD_BITS, or 8).",
            valueName: "1 to 16"))
    var shardBits: String?
    @Option(
        help: ArgumentHelp(
            "Bytes of bodies after which a container ends and the next one of its shard begins (default: 536870912).",
            valueName: "bytes"))
    var containerBytes: Int?
    @Option(
        help: ArgumentHelp("The same in entries (default: 1000000).", valueName: "count"))
    var containerEntries: Int?

    func validate() throws {
        guard sharded else {
            if let flag = givenFlag { throw ValidationError("\(flag) goes with --sharded") }
            return
        }
        _ = try (generator(), nameDay(), writerOptions())
    }

    private var givenFlag: String? {
        let others = [
            ("--day", day != nil), ("--shard-bits", shardBits != nil), ("--container-bytes", containerBytes != nil),
            ("--container-entries", containerEntries != nil),
        ]
        return others.first { $1 }?.0 ?? names.givenFlag
    }

    /// Makes the names. It holds no node id yet.
    func generator() throws -> NameGenerator { try names.generator(Environment.process) }

    /// The day that the names bear.
    func nameDay() throws -> CalendarDay {
        guard let today = CalendarDay(milliseconds: NameClock.system.wall()) else {
            throw ValidationError("the clock of this machine is not within the years 0 to 9999")
        }
        guard let text = day else { return today }
        guard let day = CalendarDay(text) else {
            throw ValidationError(
                "--day: expected a day such as \(today), not \"\(text.escapingControlCharacters)\"")
        }
        do throws(DESError) {
            try day.checkNames(madeOn: today)
        } catch {
            throw ValidationError("--day: \(error.message)")
        }
        return day
    }

    /// How the containers are made; where META is spilled depends on where they are.
    func writerOptions() throws -> DailyStoreWriter.Options {
        var options = DailyStoreWriter.Options()
        let bits = try NameSetting.shardBits("--shard-bits").value(shardBits, Environment.process)
        options.shardBits = bits ?? .standard
        if let containerBytes {
            guard containerBytes > 0 else {
                throw ValidationError("--container-bytes: expected a whole number from 1, not \(containerBytes)")
            }
            options.limits.byteCountMax = containerBytes
        }
        if let containerEntries {
            guard (1...Limits.entryCountMax).contains(containerEntries) else {
                throw ValidationError(
                    "--container-entries: expected a whole number from 1 to \(Limits.entryCountMax), not "
                        + "\(containerEntries)")
            }
            options.limits.entryCountMax = containerEntries
        }
        return options
    }
}
