import { coded } from '@consilium/shared/errors';
import { type Finding, fault, fine, warning } from './finding.js';

const oldest = { major: 20, minor: 19 };
const testedMajors = [20, 22, 24];

/** Whether this Node is one that Consilium is made for. @param version `20.19.0` */
export function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const facts = { version };
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    return fault('Node', coded('CSM-DOCTOR-NODE-OLD', { version, oldest: `${oldest.major}.${oldest.minor}` }), {
      facts,
    });
  }
  const tested = testedMajors.join(', ');
  if (!testedMajors.includes(major)) {
    return warning('Node', coded('CSM-DOCTOR-NODE-UNTESTED', { version, tested }), { facts });
  }
  return fine('Node', version, { facts });
}
