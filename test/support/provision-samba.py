"""Makes the database of a new domain: its smb.conf, its realm and its administrator's password are the arguments."""

import logging
import sys

import samba.dsdb
import samba.param
from samba.auth import system_session
from samba.provision import provision

smb_conf, realm, password, address = sys.argv[1:]
loaded = samba.param.LoadParm()
loaded.load(smb_conf)
provision(
    logging.getLogger(),
    system_session(),
    smbconf=smb_conf,
    lp=loaded,
    realm=realm,
    domain=loaded.get("workgroup"),
    hostname=loaded.get("netbios name").lower(),
    hostip=address,
    adminpass=password,
    serverrole="dc",
    dom_for_fun_level=samba.dsdb.DS_DOMAIN_FUNCTION_2008_R2,
    # With the partitions of the DNS zones, to which a domain controller refers.
    dns_backend="SAMBA_INTERNAL",
    backend_store="tdb",
    # Files are not served, so their rights are not set.
    use_ntvfs=True,
    skip_sysvolacl=True,
    batch_mode=True,
)
