internal import DESCore

// What several services share, from the environment first and the profile second.
extension Profile {
    /// The region: a name for the signature and, for AWS, a part of the host.
    func region(_ environment: Environment) throws(DESError) -> String {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = environment[name] { return try Profile.checked(region: region, name) }
        }
        guard let setting = self["region"] else { return "us-east-1" }
        do throws(DESError) {
            return try Profile.checked(region: setting.value, "region")
        } catch { throw error.at(setting.place) }
    }

    private static func checked(region: String, _ name: String) throws(DESError) -> String {
        guard region.utf8.count <= 63, region.utf8.allSatisfy({ $0.isLetterOrDigit || "-_".utf8.contains($0) }) else {
            throw DESError(.invalidArgument, "\(name): expected letters, digits and hyphens, such as eu-central-1")
        }
        return region
    }

    /// The endpoint in the first of `variables` that is set, or else in the profile; `nil` if there is none.
    func endpoint(_ variables: [String], _ environment: Environment) throws(DESError) -> Endpoint? {
        for name in variables {
            if let text = environment[name] { return try Endpoint(configured: text, name, environment) }
        }
        if let services = self["services"] {
            throw DESError(
                .unsupported, "services sections are not supported; set \(variables.joined(separator: " or "))",
                place: services.place)
        }
        guard let setting = self["endpoint_url"] else { return nil }
        do throws(DESError) {
            return try Endpoint(configured: setting.value, "endpoint_url", environment)
        } catch { throw error.at(setting.place) }
    }
}

extension Endpoint {
    /// Parses an endpoint that secrets and data go to: not in the clear, unless nobody can listen or that is wanted.
    fileprivate init(configured text: String, _ name: String, _ environment: Environment) throws(DESError) {
        self = try Endpoint(parsing: text, setting: name)
        let allowsHTTP = try environment.flag("AWS_ALLOW_HTTP")
        guard isSecure || isLoopback || allowsHTTP else {
            throw DESError(
                .invalidArgument,
                "\(name): plain http to \(host) is refused; expected https, a loopback address or AWS_ALLOW_HTTP=true")
        }
    }
}
