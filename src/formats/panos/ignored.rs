//! Elements that do not matter for forwarding or filtering: known, read, set aside.

use super::tree::{At, Tree};

/// Sets aside what nobody read below `at` and the table names.
pub(super) fn sweep(tree: &Tree<'_>, at: At, table: &str) {
    for child in tree.children(at) {
        if !tree.met(*child) && table.split(", ").any(|known| known == tree.name(*child)) {
            tree.irrelevant(*child);
        }
    }
}

/// In a configuration, a vsys, a device group, a template or `shared`.
pub(super) const CONTAINER: &str = "\
    admin-role, alg-override, application-status, application-tag, authentication-object, authentication-profile, \
    authentication-sequence, authorization-code, botnet, captive-portal, certificate, certificate-profile, cloud-services, \
    cloud-auth, cloud-identity-engine, content-preview, credential-restore, data-objects, description, device-object, display-name, \
    dns-proxy, dynamic-user-group, email-scheduler, global-protect, group-mapping, hip-objects, hip-profiles, iot, \
    kerberos-ticket, local-user-database, log-card, log-collector, log-collector-group, log-settings, master-device, \
    mgt-config, mobile-device-manager, monitor-profile, ntlm, ocsp-responder, optimized-path, override, pdf-summary-report, plugins, \
    plugin, predefined, profile-group, profiles, proxy, quota-profile, redistribution-agent, redistribution-collector, \
    reference-templates, report-group, reports, response-page, restart-log, saml, scep, schedule-profile, sdwan-interface-profile, \
    sdwan-error-correction-profile, sdwan-path-quality-profile, sdwan-saas-quality-profile, sdwan-traffic-distribution-profile, \
    server-profile, setting, ssl-decrypt, ssl-exclude-cert, ssl-tls-service-profile, ssh-keys, tag, threats, to-sw-version, ts-agent, \
    url-admin-override, url-content-types, user-context, user-id-agent, user-id-agent-sequence, user-id-collector, \
    user-id-hub, user-id-ssl-auth, vm-info-source, wildfire-appliance, wildfire-appliance-cluster, wildfire, \
    rule-order, rule-audit-comment, collector-group, batch, mfa-server-profile, wlan, deployment, error, id, \
    content-type, request, msg, status, max-internal-id, uuid, loc";

/// In a template or a template stack.
pub(super) const STACK: &str = "\
    description, devices, settings, user-group-source, default-vsys, display-name, id, uuid, variable, config, templates, loc";
